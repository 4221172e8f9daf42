//! What a branch allows: one function per command.

mod contact_points;
mod grants;
mod improvements;
mod meetings;
mod metrics;
mod outlets;
mod rules;
mod talks;
mod tree;

use jiff::civil::Date;
use uuid::Uuid;

use super::part::Charter;
use super::{Branch, BranchCommand, BranchEvent, BranchRefusal};
use crate::aggregate::Aggregate;
use crate::grant::Grant;
use crate::id::BranchId;
use crate::stream::StreamKind;
use crate::world::{Context, Decision, Stop, World};

pub use meetings::{ATTENDEES_MAX, TRAINING_MINUTES_MAX};
pub use metrics::metric;

/// Of which branch something is asked, in which world, by whom and when.
#[derive(Clone, Copy)]
struct Scene<'s, 'a> {
    id: BranchId,
    world: &'s World<'a>,
    context: &'s Context,
}

impl<'a> Scene<'_, 'a> {
    /// The branch itself, standing.
    fn standing(self) -> Result<&'a Branch, Stop> {
        Branch::require_standing(self.world, self.id)
    }

    /// The branch itself, standing, on a past day since its founding.
    fn standing_on(self, on: Date) -> Result<&'a Branch, Stop> {
        self.chartered_on(self.id, on).map(|(branch, _)| branch)
    }

    /// Any branch with its charter, standing, on a past day since its founding.
    fn chartered_on(self, branch: BranchId, on: Date) -> Result<(&'a Branch, &'a Charter), Stop> {
        let (state, charter) = Branch::chartered(self.world, branch)?;
        charter.refuse_before(branch, self.context.past(on)?)?;
        Ok((state, charter))
    }

    /// The branch itself, standing or not: what is recorded can be corrected after its end.
    fn ever_established(self) -> Result<&'a Branch, Stop> {
        let branch = self.world.branch(self.id)?;
        match branch.is_established() {
            true => Ok(branch),
            false => Err(BranchRefusal::Unknown { branch: self.id }.into()),
        }
    }

    /// Refuses a day before what is recorded already.
    fn not_before(self, on: Date, latest: Date) -> Result<(), BranchRefusal> {
        match on < latest {
            true => Err(BranchRefusal::ActiveLater { branch: self.id, on, latest }),
            false => Ok(()),
        }
    }

    /// Refuses an id that is in use.
    fn fresh(self, in_use: bool, id: Uuid) -> Result<(), BranchRefusal> {
        match in_use {
            true => Err(BranchRefusal::IdInUse { branch: self.id, id }),
            false => Ok(()),
        }
    }

    /// This one thing happened to the branch.
    fn happened(self, event: BranchEvent) -> Result<Decision, Stop> {
        Ok(Decision::nothing().branch(self.id, event))
    }
}

impl Aggregate for Branch {
    const KIND: StreamKind = StreamKind::Branch;
    type Id = BranchId;
    type Command = BranchCommand;
    type Event = BranchEvent;

    fn decide(id: Self::Id, command: Self::Command, world: &World<'_>, context: &Context) -> Result<Decision, Stop> {
        use BranchCommand as C;
        let at = Scene { id, world, context };
        match command {
            C::Establish { kind, parent, name, on } => tree::establish(at, kind, parent, name, on),
            C::Rename { name, on } => tree::rename(at, name, on),
            C::Move { to, on, reason } => tree::go_under(at, to, on, reason),
            C::Merge { into, on, reason } => tree::merge(at, into, on, reason),
            C::Close { on, reason } => tree::close(at, on, reason),
            C::OpenOutlet { outlet, kind, name, on } => outlets::open(at, outlet, kind, name, on),
            C::CloseOutlet { outlet, on, reason } => outlets::close(at, outlet, on, reason),
            C::DisplayStandard { standard, outlet, kind, title, on } => {
                outlets::display_standard(at, standard, outlet, kind, title, on)
            }
            C::InspectOutlet { inspection, outlet, on, results, remarks } => {
                outlets::inspect(at, inspection, outlet, on, results, remarks)
            }
            C::AssignContactPoint { contact_point, cadres, outlets, from, until } => {
                contact_points::assign(at, contact_point, &cadres, &outlets, from, until)
            }
            C::VisitContactPoint { visit, contact_point, by, outlet, on, note } => {
                contact_points::visit(at, visit, contact_point, by, outlet, on, note)
            }
            C::EndContactPoint { contact_point, on, reason } => contact_points::end(at, contact_point, on, reason),
            C::DefineMetric(metric) => metrics::define(at, metric),
            C::SetTarget(target) => metrics::set_target(at, target),
            C::ReportResult(report) => metrics::report(at, report),
            C::CorrectResult(correction, reason) => metrics::correct(at, correction, reason),
            C::WithdrawResult(result, reason) => metrics::withdraw(at, result, reason),
            C::AnnounceCompetition { competition, title, metric, period, competitors, ranked_by } => {
                metrics::announce(at, competition, title, metric, period, competitors, ranked_by)
            }
            C::ConcludeCompetition { competition } => metrics::conclude(at, competition),
            C::HoldTraining { training, on, topic, minutes, attendees } => {
                meetings::hold_training(at, training, on, topic, minutes, attendees)
            }
            C::CorrectAttendance { training, added, removed, reason } => {
                meetings::correct_attendance(at, training, added, removed, reason)
            }
            C::HoldThemeDay { theme_day, on, topic, attendees } => {
                meetings::hold_theme_day(at, theme_day, on, topic, attendees)
            }
            C::ReportImprovement { improvement, on, what, evidence, effect } => {
                improvements::report(at, improvement, on, what, evidence, effect)
            }
            C::AdoptRules(adopted) => rules::adopt(at, *adopted),
            C::ProposeTalk { talk, reason } => talks::propose(at, talk, reason),
            C::ApproveTalk { talk } => talks::approve(at, talk),
            C::DeclineTalk { talk, reason } => talks::decline(at, talk, reason),
            C::HoldTalk { talk, on, by, attendees, record } => talks::hold(at, talk, on, by, attendees, record),
            C::CallFollowUp { talk } => talks::call_follow_up(at, talk),
            C::FollowUpTalk { talk, on, note } => talks::follow_up(at, talk, on, note),
            C::CloseTalk { talk, on } => talks::close(at, talk, on),
            C::GrantRole { grant, to, role, from, until } => {
                grants::grant(at, grant, Grant { to, role, from, until, withdrawn: false })
            }
            C::WithdrawRole { grant, reason } => grants::withdraw(at, grant, reason),
            C::ConfirmImprovement { improvement, on, note } => improvements::confirm(at, improvement, on, note),
        }
    }

    fn apply(&mut self, event: &Self::Event) {
        self.take(event);
    }
}

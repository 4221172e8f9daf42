//! Commands to branches.

use domain::branch::{BranchCommand, Competitors, OutletAt, OutletKind, RankedBy, SixS, StandardKind, Verdict};
use domain::id::{
    BranchId, CompetitionId, ContactPointId, ImprovementId, InspectionId, MemberId, OutletId, StandardId, ThemeDayId,
    TrainingId, VisitId,
};
use domain::ledger::Subjects;
use domain::talk::Step;
use domain::world::Command;

use super::{Story, Subject};

impl Story {
    pub(super) fn of_a_branch(&mut self) -> Option<Command> {
        let branch = self.a_branch()?;
        match self.chance.below(100) {
            0..14 => self.tree(branch),
            14..36 => self.at_an_outlet(branch),
            36..56 => self.at_a_point(branch),
            56..70 => {
                let figures = self.figures(Subject::Branch(branch), Subjects::Branches)?;
                Some(Command::Branch(branch, figures.1?))
            }
            70..78 => self.competition(branch),
            78..94 => self.meeting(branch),
            _ => self.improvement(branch),
        }
    }

    fn tree(&mut self, branch: BranchId) -> Option<Command> {
        let (on, reason) = (self.today(), self.text());
        let command = match self.chance.below(14) {
            0..4 => return self.found_branch(),
            4..6 => BranchCommand::Rename { name: self.title(), on },
            6..10 => BranchCommand::Move { to: self.a_branch()?, on, reason },
            10..12 => {
                // One without branches below, into another.
                let leaves: Vec<_> = self.leaves();
                let branch = self.chance.one(&leaves)?;
                let into = self.a_branch()?;
                return Some(Command::Branch(branch, BranchCommand::Merge { into, on, reason }));
            }
            _ => {
                let empty = |branch: &BranchId| {
                    !self.members.values().any(|of| of == branch)
                        && !self.outlets.values().any(|(of, _)| of == branch)
                        && !self.points.values().any(|(of, ..)| of == branch)
                };
                let empty: Vec<_> = self.leaves().into_iter().filter(empty).collect();
                let branch = self.chance.one(&empty)?;
                return Some(Command::Branch(branch, BranchCommand::Close { on, reason }));
            }
        };
        Some(Command::Branch(branch, command))
    }

    fn leaves(&self) -> Vec<BranchId> {
        let below = |branch: &BranchId| self.branches.values().any(|parent| parent == branch);
        self.branches.keys().filter(|branch| !below(branch)).copied().collect()
    }

    fn at_an_outlet(&mut self, branch: BranchId) -> Option<Command> {
        let (on, text) = (self.lately(), self.text());
        if self.outlets.len() < 4 || self.chance.percent(20) {
            let kind = if self.chance.percent(50) { OutletKind::Financial } else { OutletKind::Delivery };
            let (outlet, name) = (OutletId(self.chance.id()), self.title());
            return Some(Command::Branch(branch, BranchCommand::OpenOutlet { outlet, kind, name, on }));
        }
        let (outlet, branch, _) = self.an_outlet(None)?;
        let id = self.chance.id();
        let command = match self.chance.below(10) {
            0 => return self.close_an_outlet(),
            1..4 => {
                let kind =
                    if self.chance.percent(50) { StandardKind::WorkStandard } else { StandardKind::ProcessChart };
                BranchCommand::DisplayStandard { standard: StandardId(id), outlet, kind, title: text, on }
            }
            _ => {
                let remarks = self.chance.percent(50).then_some(text);
                let results = self.six_s();
                BranchCommand::InspectOutlet { inspection: InspectionId(id), outlet, on, results, remarks }
            }
        };
        Some(Command::Branch(branch, command))
    }

    /// One that no contact point keeps open.
    fn close_an_outlet(&mut self) -> Option<Command> {
        let (on, reason) = (self.today(), self.text());
        let linked: Vec<OutletId> = self.points.values().flat_map(|(_, _, places)| *places).collect();
        let free = self.outlets.iter().filter(|(outlet, _)| !linked.contains(outlet));
        let free: Vec<_> = free.map(|(outlet, (branch, _))| (*outlet, *branch)).collect();
        let (outlet, branch) = self.chance.one(&free)?;
        Some(Command::Branch(branch, BranchCommand::CloseOutlet { outlet, on, reason }))
    }

    fn an_outlet(&mut self, wanted: Option<OutletKind>) -> Option<(OutletId, BranchId, OutletKind)> {
        let fits = |kind: OutletKind| wanted.is_none_or(|wanted| kind == wanted);
        let known = self.outlets.iter().filter(|(_, (_, kind))| fits(*kind));
        let known: Vec<_> = known.map(|(outlet, (branch, kind))| (*outlet, *branch, *kind)).collect();
        self.chance.one(&known)
    }

    fn six_s(&mut self) -> SixS {
        let mut verdict = || self.chance.one(&[Verdict::Met, Verdict::Partly, Verdict::NotMet]).unwrap_or(Verdict::Met);
        SixS {
            sort: verdict(),
            set_in_order: verdict(),
            shine: verdict(),
            standardise: verdict(),
            sustain: verdict(),
            safety: verdict(),
        }
    }

    fn at_a_point(&mut self, branch: BranchId) -> Option<Command> {
        let text = self.text();
        if self.points.len() < 3 || self.chance.percent(20) {
            let cadres: Vec<MemberId> = self.cadres.difference(&self.suspended).copied().collect();
            let cadres = self.chance.some(&cadres, 2);
            let (financial, delivery) =
                (self.an_outlet(Some(OutletKind::Financial))?, self.an_outlet(Some(OutletKind::Delivery))?);
            let outlets = [financial, delivery].map(|(outlet, branch, _)| OutletAt { branch, outlet }).to_vec();
            let (contact_point, from) = (ContactPointId(self.chance.id()), self.today());
            let command = BranchCommand::AssignContactPoint { contact_point, cadres, outlets, from, until: None };
            return Some(Command::Branch(branch, command));
        }
        let points: Vec<_> = self.points.iter().map(|(point, known)| (*point, *known)).collect();
        let (contact_point, (branch, cadres, outlets)) = self.chance.one(&points)?;
        let on = self.today();
        let command = match self.chance.below(8) {
            0 => BranchCommand::EndContactPoint { contact_point, on, reason: text },
            _ => BranchCommand::VisitContactPoint {
                visit: VisitId(self.chance.id()),
                contact_point,
                by: self.chance.one(&cadres)?,
                outlet: self.chance.one(&outlets)?,
                on,
                note: text,
            },
        };
        Some(Command::Branch(branch, command))
    }

    fn competition(&mut self, branch: BranchId) -> Option<Command> {
        if self.chance.percent(45)
            && let Some((branch, competition)) = self.chance.one(&self.competitions.clone())
        {
            return Some(Command::Branch(branch, BranchCommand::ConcludeCompetition { competition }));
        }
        let members = self.chance.percent(50);
        let (competitors, kept_for) = match members {
            true => (Competitors::Members, Subjects::Members),
            false => (Competitors::Branches, Subjects::Branches),
        };
        let (metric, period) = self.a_period(kept_for)?;
        let ranked_by = self.chance.one(&[RankedBy::Value, RankedBy::PlanCompletion, RankedBy::Growth])?;
        let (competition, title) = (CompetitionId(self.chance.id()), self.title());
        let metric = metric.code;
        let command = BranchCommand::AnnounceCompetition { competition, title, metric, period, competitors, ranked_by };
        Some(Command::Branch(branch, command))
    }

    fn meeting(&mut self, branch: BranchId) -> Option<Command> {
        let (on, text) = (self.lately(), self.text());
        let known: Vec<_> = self.trainings.iter().map(|(id, (branch, came))| (*id, *branch, came.clone())).collect();
        let attendees = self.some_members(6);
        let command = match self.chance.below(16) {
            0..7 => {
                let minutes = 30 + u32::try_from(self.chance.below(200)).unwrap_or_default();
                let training = TrainingId(self.chance.id());
                BranchCommand::HoldTraining { training, on, topic: text, minutes, attendees }
            }
            7..12 => {
                let (training, branch, came) = self.chance.one(&known)?;
                let added = attendees.into_iter().filter(|member| !came.contains(member)).take(2).collect();
                let came: Vec<_> = came.into_iter().collect();
                let removed = self.chance.some(&came, 2);
                let command = BranchCommand::CorrectAttendance { training, added, removed, reason: text };
                return Some(Command::Branch(branch, command));
            }
            _ => BranchCommand::HoldThemeDay { theme_day: ThemeDayId(self.chance.id()), on, topic: text, attendees },
        };
        Some(Command::Branch(branch, command))
    }

    fn improvement(&mut self, branch: BranchId) -> Option<Command> {
        let on = self.today();
        if self.chance.percent(50)
            && let Some((branch, improvement)) = self.chance.one(&self.improvements.clone())
        {
            let note = self.chance.percent(50).then(|| self.text());
            return Some(Command::Branch(branch, BranchCommand::ConfirmImprovement { improvement, on, note }));
        }
        let improvement = ImprovementId(self.chance.id());
        let (what, evidence, effect) = (self.text(), self.text(), self.text());
        Some(Command::Branch(branch, BranchCommand::ReportImprovement { improvement, on, what, evidence, effect }))
    }

    pub(super) fn remember_of_branch(&mut self, branch: BranchId, command: &BranchCommand) {
        use BranchCommand as C;
        match command {
            C::Establish { parent: Some(parent), .. } => _ = self.branches.insert(branch, *parent),
            C::Move { to, .. } => _ = self.branches.insert(branch, *to),
            C::Merge { into, .. } => {
                self.branches.remove(&branch);
                self.members.values_mut().filter(|of| **of == branch).for_each(|of| *of = *into);
                self.outlets.values_mut().filter(|(of, _)| *of == branch).for_each(|(of, _)| *of = *into);
                self.points.values_mut().filter(|(of, ..)| *of == branch).for_each(|(of, ..)| *of = *into);
            }
            C::Close { .. } => _ = self.branches.remove(&branch),
            C::OpenOutlet { outlet, kind, .. } => _ = self.outlets.insert(*outlet, (branch, *kind)),
            C::CloseOutlet { outlet, .. } => _ = self.outlets.remove(outlet),
            C::AssignContactPoint { contact_point, cadres, outlets, .. } => {
                if let ([one, other], [financial, delivery]) = (&cadres[..], &outlets[..]) {
                    let known = (branch, [*one, *other], [financial.outlet, delivery.outlet]);
                    self.points.insert(*contact_point, known);
                }
            }
            C::EndContactPoint { contact_point, .. } => _ = self.points.remove(contact_point),
            C::ReportResult(report) => self.remember_result(Subject::Branch(branch), report),
            C::WithdrawResult(result, _) => self.remember_withdrawal(*result),
            C::CorrectResult(correction, _) => self.remember_correction(Subject::Branch(branch), correction),
            C::AnnounceCompetition { competition, .. } => self.competitions.push((branch, *competition)),
            C::ConcludeCompetition { competition } => self.competitions.retain(|(_, open)| open != competition),
            C::HoldTraining { training, attendees, .. } => {
                self.trainings.insert(*training, (branch, attendees.iter().copied().collect()));
            }
            C::CorrectAttendance { training, added, removed, .. } => {
                if let Some((_, came)) = self.trainings.get_mut(training) {
                    came.retain(|member| !removed.contains(member));
                    came.extend(added);
                }
            }
            C::ReportImprovement { improvement, .. } => self.improvements.push((branch, *improvement)),
            C::ConfirmImprovement { improvement, .. } => self.improvements.retain(|(_, open)| open != improvement),
            C::ProposeTalk { talk, .. } => self.remember_talk(Subject::Branch(branch), *talk, Step::Proposed),
            C::ApproveTalk { talk } => self.remember_talk(Subject::Branch(branch), *talk, Step::Approved),
            C::DeclineTalk { talk, .. } => self.remember_talk(Subject::Branch(branch), *talk, Step::Declined),
            C::HoldTalk { talk, .. } => self.remember_talk(Subject::Branch(branch), *talk, Step::Held),
            C::CallFollowUp { talk } => self.remember_call(*talk),
            C::FollowUpTalk { talk, .. } => self.remember_talk(Subject::Branch(branch), *talk, Step::FollowedUp),
            C::CloseTalk { talk, .. } => self.remember_talk(Subject::Branch(branch), *talk, Step::Closed),
            C::Establish { parent: None, .. }
            | C::Rename { .. }
            | C::DisplayStandard { .. }
            | C::InspectOutlet { .. }
            | C::VisitContactPoint { .. }
            | C::DefineMetric(_)
            | C::SetTarget(_)
            | C::AdoptRules(_)
            | C::HoldThemeDay { .. }
            | C::GrantRole { .. }
            | C::WithdrawRole { .. } => {}
        }
    }
}

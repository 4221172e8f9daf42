//! What a round allows: one function per command.

mod appeal;
mod close;
mod end;
mod grades;
mod open;
mod paper;
mod publish;
mod review;
mod tally;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::state::{Draft, Opening};
use super::{Group, Round, RoundCommand, RoundEvent, RoundRefusal, Rules, Stage};
use crate::aggregate::Aggregate;
use crate::id::{ActorId, RoundId};
use crate::period::Moment;
use crate::stream::StreamKind;
use crate::text::Sealed;
use crate::world::{Context, Decision, Stop, World};

pub use open::{BRANCHES_MAX, LEADERS_MAX, MARKS_MAX, PEOPLE_MAX};

impl Aggregate for Round {
    const KIND: StreamKind = StreamKind::Round;
    type Id = RoundId;
    type Command = RoundCommand;
    type Event = RoundEvent;

    fn decide(id: RoundId, command: RoundCommand, world: &World<'_>, context: &Context) -> Result<Decision, Stop> {
        use RoundCommand as C;
        let at = Sitting { id, world, context };
        match command {
            C::Draft { branches, period, rules_version } => open::draft(at, branches, period, rules_version),
            C::Open { closes_at, leaders, scrutineers, without } => {
                open::open(at, closes_at, leaders, scrutineers, &without)
            }
            C::GiveSelfReview { member, text } => review::give_self_review(at, member, text),
            C::GiveLeaderReview { reviewer, member, marks, comment } => {
                review::give_leader_review(at, reviewer, member, &marks, comment)
            }
            C::IssuePaper { group, to, count } => paper::issue(at, group, to, count),
            C::ReturnPaper { group, returned, blank } => paper::take_back(at, group, returned, blank),
            C::CountPaper { group, member, scrutineer, counts } => paper::count(at, group, member, scrutineer, counts),
            C::ReplaceScrutineer { from, to, reason } => paper::replace_scrutineer(at, from, to, reason),
            C::Close => close::close(at),
            C::RepeatGroup { group, closes_at } => close::repeat(at, group, closes_at),
            C::Tally { rounds } => tally::tally(at, rounds),
            C::ModerateComment { reviewer, member, released, reason } => {
                review::moderate(at, reviewer, member, released, reason)
            }
            C::DecideGrades { given } => grades::decide(at, given),
            C::Publish => publish::publish(at),
            C::FileAppeal { appeal, member, text } => appeal::file(at, appeal, member, text),
            C::NoteOverdue { appeal } => appeal::note_overdue(at, appeal),
            C::AnswerAppeal { appeal, upheld, answer, fixes } => appeal::answer(at, appeal, upheld, answer, fixes),
            C::Correct { member, fixes, reason } => appeal::correct(at, member, fixes, reason),
            C::Finalise => end::finalise(at),
            C::ProposeReopening { reason } => end::propose_reopening(at, reason),
            C::Reopen { closes_at } => end::reopen(at, closes_at),
            C::DeclineReopening { reason } => end::decline_reopening(at, reason),
            C::ProposeAnnulment { reason } => end::propose_annulment(at, reason),
            C::Annul => end::annul(at),
            C::DeclineAnnulment { reason } => end::decline_annulment(at, reason),
        }
    }

    fn apply(&mut self, event: &RoundEvent) {
        self.take(event);
    }
}

/// Of which round something is asked, in which world, by whom and when.
#[derive(Clone, Copy)]
struct Sitting<'s, 'a> {
    id: RoundId,
    world: &'s World<'a>,
    context: &'s Context,
}

impl<'a> Sitting<'_, 'a> {
    /// The round, drafted.
    fn drafted(self) -> Result<(&'a Round, &'a Draft), Stop> {
        let round = self.world.round(self.id)?;
        let draft = round.draft.as_ref().ok_or(RoundRefusal::Unknown { round: self.id })?;
        Ok((round, draft))
    }

    /// The round at a stage.
    fn at(self, needed: Stage) -> Result<&'a Round, Stop> {
        let (round, _) = self.drafted()?;
        self.needs(round, &[needed])?;
        Ok(round)
    }

    /// The round at one of these stages; a refusal names the first.
    fn needs(self, round: &Round, stages: &[Stage]) -> Result<(), RoundRefusal> {
        match (round.stage, stages) {
            (Some(stage), stages) if stages.contains(&stage) => Ok(()),
            (Some(stage), [needed, ..]) => Err(RoundRefusal::WrongStage { round: self.id, stage, needed: *needed }),
            (_, _) => Err(RoundRefusal::Unknown { round: self.id }),
        }
    }

    /// What was fixed at the opening.
    fn opening(self, round: &'a Round) -> Result<&'a Opening, RoundRefusal> {
        round.opening.as_deref().ok_or(RoundRefusal::Unknown { round: self.id })
    }

    /// The rules, of a round that was opened.
    fn rules(self, round: &'a Round) -> Result<&'a Rules, RoundRefusal> {
        self.opening(round).map(|opening| &opening.rules)
    }

    /// The round while something may be given: open, and before its time is over.
    fn giving(self) -> Result<&'a Round, Stop> {
        let round = self.at(Stage::Opened)?;
        match round.closes_at {
            Some(closed_at) if closed_at <= self.context.at => {
                Err(RoundRefusal::TimeOver { round: self.id, closed_at: self.moment(closed_at) }.into())
            }
            Some(_) | None => Ok(round),
        }
    }

    /// Refuses what may be done only from an instant on.
    fn not_before(self, due: Timestamp) -> Result<(), RoundRefusal> {
        match self.context.at < due {
            true => Err(RoundRefusal::NotYet { round: self.id, due: self.moment(due) }),
            false => Ok(()),
        }
    }

    /// A time to close that is to come, within two years.
    fn closing(self, closes_at: Timestamp) -> Result<(), RoundRefusal> {
        let most = self.context.at.saturating_add(jiff::SignedDuration::from_hours(24 * 731));
        let latest = most.unwrap_or(Timestamp::MAX);
        match closes_at <= self.context.at || closes_at > latest {
            true => Err(RoundRefusal::ClosesTooSoon { closes_at: self.moment(closes_at) }),
            false => Ok(()),
        }
    }

    /// Refuses whoever did the first of two things that take two.
    fn another(self, than: &ActorId) -> Result<(), RoundRefusal> {
        match *than == self.context.actor {
            true => Err(RoundRefusal::SamePerson { actor: than.clone() }),
            false => Ok(()),
        }
    }

    /// Refuses what would pass over a proposal to vote anew or to annul.
    fn unproposed(self, round: &Round) -> Result<(), RoundRefusal> {
        match round.reopening.iter().chain(&round.annulment).next() {
            Some(proposed) => Err(RoundRefusal::ProposalOpen { round: self.id, by: proposed.by.clone() }),
            None => Ok(()),
        }
    }

    fn moment(self, at: Timestamp) -> Moment {
        Moment::new(at, &self.context.zone)
    }

    /// Seals what a freeze hides, at a length that tells nothing: that of the widest of its kind ([`super::widest`]).
    fn seal<T: Serialize>(self, label: &str, plain: &T, widest: usize) -> Sealed {
        let mut plain = serde_json::to_string(plain).expect("a plain tree of strings and numbers");
        let padded = plain.len().max(widest).max(LEAST_SEALED).next_power_of_two();
        // A width of `format!` ends at 65,535, which a proposal on sixty people is beyond.
        plain.push_str(&" ".repeat(padded - plain.len()));
        self.context.vault.seal(label, &plain)
    }

    /// Opens what was sealed so.
    fn open<T: DeserializeOwned>(self, sealed: &Sealed) -> Result<T, RoundRefusal> {
        let opened = self.context.vault.open(sealed);
        let read = opened.and_then(|plain| serde_json::from_str(plain.trim_end()).ok());
        read.ok_or(RoundRefusal::CannotOpen { round: self.id })
    }

    /// This one thing happened to the round.
    fn happened(self, event: RoundEvent) -> Result<Decision, Stop> {
        Ok(Decision::nothing().round(self.id, event))
    }
}

/// What is sealed is at least so long, and a power of two.
const LEAST_SEALED: usize = 512;

/// Refuses a group that is not part of the round.
fn in_play(round: &Round, group: Group) -> Result<&super::state::Ballot, RoundRefusal> {
    round.ballots.get(&group).ok_or(RoundRefusal::NoSuchGroup { group })
}

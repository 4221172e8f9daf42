//! What a member allows.

mod accounts;
mod commitments;
mod displays;
mod merge;
mod results;
mod roster;
mod talks;

use jiff::civil::Date;

use super::entry::Entry;
use super::{Member, MemberCommand, MemberEvent, MemberRefusal};
use crate::aggregate::Aggregate;
use crate::id::MemberId;
use crate::period::TimeRefusal;
use crate::stream::StreamKind;
use crate::world::{Context, Decision, Stop, World};

impl Aggregate for Member {
    const KIND: StreamKind = StreamKind::Member;
    type Id = MemberId;
    type Command = MemberCommand;
    type Event = MemberEvent;

    fn decide(id: MemberId, command: MemberCommand, world: &World<'_>, context: &Context) -> Result<Decision, Stop> {
        use MemberCommand as C;
        let case = Case { id, world, context };
        match command {
            C::Register { branch, post, on, probation_until } => case.register(branch, post, on, probation_until),
            C::Readmit { branch, post, on, probation_until } => case.readmit(branch, post, on, probation_until),
            C::AmendPerson { reason } => case.amend_person(reason),
            C::Appoint { post, on } => case.appoint(post, on),
            C::Transfer { to, on, reason } => case.transfer(to, on, reason),
            C::EndProbation { on } => case.end_probation(on),
            C::Suspend { on, reason } => case.suspend(on, reason),
            C::Reinstate { on, reason } => case.reinstate(on, reason),
            C::Leave { on, reason } => case.leave(on, reason),
            C::CheckBadge { check, on, place, worn } => case.check_badge(check, on, place, worn),
            C::RecordService { service, on, activity, minutes } => case.record_service(service, on, activity, minutes),
            C::PublishPlaque { plaque, on, duty } => case.publish_plaque(plaque, on, duty),
            C::WithdrawPlaque { plaque, on, reason } => case.withdraw_plaque(plaque, on, reason),
            C::MakeCommitment { commitment, on, due, text } => case.make_commitment(commitment, on, due, text),
            C::EvidenceCommitment { commitment, on, evidence } => case.evidence_commitment(commitment, on, evidence),
            C::SettleCommitment { commitment, on, outcome, note } => {
                case.settle_commitment(commitment, on, outcome, note)
            }
            C::SetTarget(target) => case.set_target(target),
            C::ReportResult(report) => case.report_result(report),
            C::CorrectResult(correction, reason) => case.correct_result(correction, reason),
            C::WithdrawResult(result, reason) => case.withdraw_result(result, reason),
            C::PlaceInContest { contest, on, title, level, place, team, team_mates } => {
                let placed = results::Placed { contest, on, title, level, place, team };
                case.place_in_contest(placed, team_mates)
            }
            C::GrantHonour { honour, on, title, level, body } => case.grant_honour(honour, on, title, level, body),
            C::ProposeTalk { talk, reason } => case.propose_talk(talk, reason),
            C::ApproveTalk { talk } => case.approve_talk(talk),
            C::DeclineTalk { talk, reason } => case.decline_talk(talk, reason),
            C::HoldTalk { talk, on, by, record } => case.hold_talk(talk, on, by, record),
            C::CallFollowUp { talk } => case.call_follow_up(talk),
            C::FollowUpTalk { talk, on, note } => case.follow_up_talk(talk, on, note),
            C::CloseTalk { talk, on } => case.close_talk(talk, on),
            C::Merge { into, on, reason } => case.merge(into, on, reason),
            C::LinkAccount { account } => case.link_account(account),
            C::UnlinkAccount { account } => case.unlink_account(account),
        }
    }

    fn apply(&mut self, event: &MemberEvent) {
        self.remember(event);
    }
}

/// One command to one member.
struct Case<'a> {
    id: MemberId,
    world: &'a World<'a>,
    context: &'a Context,
}

impl<'a> Case<'a> {
    /// The member and the entry on the roster.
    fn on_roster(&self) -> Result<(&'a Member, &'a Entry), Stop> {
        let member = self.world.member(self.id)?;
        Ok((member, member.entry(self.id)?))
    }

    /// The member and the entry, on a day that has come and is not before the first one.
    fn on_roster_on(&self, on: Date) -> Result<(&'a Member, &'a Entry), Stop> {
        let (member, entry) = self.on_roster()?;
        let on = self.context.past(on)?;
        match on < entry.registered_on {
            true => {
                Err(MemberRefusal::BeforeRegistration { member: self.id, on, registered: entry.registered_on }.into())
            }
            false => Ok((member, entry)),
        }
    }

    /// The member, on the roster today, and on duty on a day that has come.
    fn on_duty_on(&self, on: Date) -> Result<&'a Member, Stop> {
        self.on_roster_on(on)?;
        Member::require_on_duty(self.world, self.id, on)
    }

    /// The member, on the roster on a day that has come, also one who left since.
    fn on_roster_then(&self, on: Date) -> Result<&'a Member, Stop> {
        let member = self.world.member(self.id)?;
        let registered = member.entry_on(self.id, on)?.registered_on;
        let on = self.context.past(on)?;
        refuse_if(on < registered, MemberRefusal::BeforeRegistration { member: self.id, on, registered })?;
        Ok(member)
    }

    /// The member, on duty on a day that has come, also one who left since.
    fn on_duty_then(&self, on: Date) -> Result<&'a Member, Stop> {
        self.on_roster_then(on)?;
        Member::require_on_duty_then(self.world, self.id, on)
    }

    /// A change comes no earlier than the last one of its kind.
    fn not_before(&self, last: Date, on: Date) -> Result<(), MemberRefusal> {
        match on < last {
            true => Err(MemberRefusal::BeforeLastChange { member: self.id, on, last }),
            false => Ok(()),
        }
    }

    /// Nothing is recorded of a later day that the change would contradict.
    fn not_active_after(&self, on: Date, latest: Option<Date>) -> Result<(), MemberRefusal> {
        match latest.filter(|latest| on < *latest) {
            Some(latest) => Err(MemberRefusal::ActiveLater { member: self.id, on, latest }),
            None => Ok(()),
        }
    }

    /// What happened to the member alone.
    fn happened(&self, event: MemberEvent) -> Result<Decision, Stop> {
        Ok(Decision::nothing().member(self.id, event))
    }
}

/// The first of two dates does not come after the second.
fn in_order(from: Date, until: Date) -> Result<(), TimeRefusal> {
    match from > until {
        true => Err(TimeRefusal::Reversed { from, until }),
        false => Ok(()),
    }
}

/// Refuses where the rule is broken.
fn refuse_if(broken: bool, refusal: MemberRefusal) -> Result<(), MemberRefusal> {
    match broken {
        true => Err(refusal),
        false => Ok(()),
    }
}

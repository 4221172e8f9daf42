//! Plans and results 比业绩, contests 比技能 and honours.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Case, refuse_if};
use crate::branch;
use crate::id::{ContestId, HonourId, ResultId, TeamId};
use crate::ledger::{Correction, Metric, Report, Subjects, Target};
use crate::member::{Level, Member, MemberEvent, MemberRefusal, TeamMate};
use crate::text::{MetricCode, Sealed};
use crate::world::{Decision, Stop};

/// The last place that can be recorded.
const LAST_PLACE: u32 = 1_000;
/// The most members in one team; each takes an event of the same append.
const TEAM_MAX: usize = 100;

/// A place taken in a contest.
pub(super) struct Placed {
    pub contest: ContestId,
    pub on: Date,
    pub title: Sealed,
    pub level: Level,
    pub place: u32,
    pub team: TeamId,
}

impl<'a> Case<'a> {
    /// The rules of [`crate::ledger::Ledger::check_target`]; what is set already is no news.
    pub(super) fn set_target(&self, target: Target) -> Result<Decision, Stop> {
        let member = self.world.member(self.id)?;
        if !target.is_nothing() || member.registered_on().is_none() {
            // What stands can be taken back of who left too; a new one needs a member on the roster.
            member.entry(self.id)?;
        }
        let metric = self.metric(&target.metric)?;
        let (plan_before, base_before) = member.ledger.check_target(metric, &target)?;
        let direction = metric.direction;
        let Target { metric, period, plan, base } = target;
        if (plan, base) == (plan_before, base_before) {
            return Ok(Decision::nothing());
        }
        self.happened(MemberEvent::TargetSet { metric, direction, period, plan, base, plan_before, base_before })
    }

    /// The period is over and the member was on the roster on a day of it; the rules of [`crate::ledger::Ledger::check_report`].
    pub(super) fn report_result(&self, report: Report) -> Result<Decision, Stop> {
        let member = self.world.member(self.id)?;
        let registered =
            member.entry_between(self.id, report.period.first_day(), report.period.end_day())?.registered_on;
        let metric = self.metric(&report.metric)?;
        let period = report.period;
        self.context.over(period)?;
        let on = period.end_day().saturating_sub(1.day());
        refuse_if(on < registered, MemberRefusal::BeforeRegistration { member: self.id, on, registered })?;
        member.ledger.check_report(metric, &report)?;
        let (aggregation, direction) = (metric.aggregation, metric.direction);
        let Report { result, metric, value, exactness, .. } = report;
        self.happened(MemberEvent::ResultReported { result, metric, aggregation, direction, period, value, exactness })
    }

    /// The rules of [`crate::ledger::Ledger::check_correction`]; also after leaving.
    pub(super) fn correct_result(&self, correction: Correction, reason: Sealed) -> Result<Decision, Stop> {
        let member = self.world.member(self.id)?;
        let known = member.registered_on().is_some();
        refuse_if(!known, MemberRefusal::Unknown { member: self.id })?;
        let (code, period, value_before, exactness_before) = member.ledger.check_correction(&correction)?;
        let metric = self.metric(&code)?;
        metric.check_value(correction.value)?;
        let (aggregation, direction) = (metric.aggregation, metric.direction);
        let Correction { result, corrects, value, exactness } = correction;
        self.happened(MemberEvent::ResultCorrected {
            result,
            corrects,
            metric: code,
            aggregation,
            direction,
            period,
            value_before,
            exactness_before,
            value,
            exactness,
            reason,
        })
    }

    /// The rules of [`crate::ledger::Ledger::check_withdrawal`]; also after leaving.
    pub(super) fn withdraw_result(&self, result: ResultId, reason: Sealed) -> Result<Decision, Stop> {
        let member = self.world.member(self.id)?;
        let known = member.registered_on().is_some();
        refuse_if(!known, MemberRefusal::Unknown { member: self.id })?;
        let (metric, period, value_before, exactness_before) = member.ledger.check_withdrawal(result)?;
        let aggregation = self.metric(&metric)?.aggregation;
        self.happened(MemberEvent::ResultWithdrawn {
            result,
            metric,
            aggregation,
            period,
            value_before,
            exactness_before,
            reason,
        })
    }

    /// A metric that is defined and kept for members.
    fn metric(&self, code: &MetricCode) -> Result<&'a Metric, Stop> {
        let metric = branch::metric(self.world, code)?;
        metric.check_subject(Subjects::Members)?;
        Ok(metric)
    }

    /// [`MemberRefusal::PlaceOutOfRange`], [`MemberRefusal::TeamTooLarge`], [`MemberRefusal::TeamMateTwice`],
    /// [`MemberRefusal::AlreadyPlaced`]; the whole team is on duty that day.
    pub(super) fn place_in_contest(&self, placed: Placed, team_mates: Vec<TeamMate>) -> Result<Decision, Stop> {
        let Placed { contest, on, title, level, place, team: id } = placed;
        self.on_roster_then(on)?;
        refuse_if(!(1..=LAST_PLACE).contains(&place), MemberRefusal::PlaceOutOfRange { place })?;
        let team: Vec<TeamMate> = std::iter::once(TeamMate { member: self.id, title }).chain(team_mates).collect();
        let (given, most) = (team.len(), TEAM_MAX);
        refuse_if(given > most, MemberRefusal::TeamTooLarge { given, most })?;
        // All are asked for before the first missing one stops the decision, so that one load can bring them all.
        let _ = team.iter().map(|mate| self.world.member(mate.member)).collect::<Vec<_>>();
        let mut named = BTreeSet::new();
        for member in team.iter().map(|mate| mate.member) {
            refuse_if(!named.insert(member), MemberRefusal::TeamMateTwice { member })?;
            let state = Member::require_on_duty_then(self.world, member, on)?;
            refuse_if(state.contests.contains(&contest), MemberRefusal::AlreadyPlaced { member, contest })?;
        }
        let team_size = u32::try_from(team.len()).unwrap_or(u32::MAX);
        let team_id = (team_size > 1).then_some(id);
        let placed = |TeamMate { member, title }| {
            (member, MemberEvent::ContestPlaced { contest, on, title, level, place, team_size, team: team_id })
        };
        let placed = team.into_iter().map(placed);
        Ok(placed.fold(Decision::nothing(), |decision, (member, event)| decision.member(member, event)))
    }

    /// [`MemberRefusal::HonourIdInUse`]; others grant it, so a suspension does not stand in its way.
    pub(super) fn grant_honour(
        &self,
        honour: HonourId,
        on: Date,
        title: Sealed,
        level: Level,
        body: Sealed,
    ) -> Result<Decision, Stop> {
        let member = self.on_roster_then(on)?;
        refuse_if(member.honours.contains(&honour), MemberRefusal::HonourIdInUse { honour })?;
        self.happened(MemberEvent::HonourGranted { honour, on, title, level, body })
    }
}

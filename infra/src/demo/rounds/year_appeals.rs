//! Appeals 申诉 of the yearly rounds: one is right and the year is computed anew, one is refused in time.

use std::collections::BTreeMap;

use domain::amount::Amount;
use domain::id::{MemberId, ResultId, RoundId};
use domain::ledger::{Correction, Exactness, Ledger};
use domain::member::MemberCommand;
use domain::round::proposal::Proposal;
use domain::round::{Fix, MemberResult};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::appeals::{answer, file};
use super::cases::YearCase;
use crate::demo::calendar::days_after;
use crate::demo::draft::{Act, Hour, Timeline};
use crate::demo::metrics::{code, period};

/// How many pieces of December were left out.
const LEFT_OUT: i64 = 600;

/// A yearly round that was published.
pub struct Published<'a> {
    /// Which.
    pub round: RoundId,
    /// The day.
    pub on: Date,
    /// What came out.
    pub proposal: &'a Proposal,
    /// What the members' results and plans make.
    pub ledgers: &'a BTreeMap<MemberId, Ledger>,
}

impl Published<'_> {
    /// Plans the appeal of the round, if it has one.
    pub fn appeal(&self, case: Option<YearCase>, timeline: &mut Timeline) {
        let filed = days_after(self.on, 1);
        match case {
            Some(YearCase::Recomputed) => self.recompute(filed, timeline),
            Some(YearCase::Refused) => self.refuse(filed, timeline),
            None => {}
        }
    }

    /// The result of a month is put right first; the year follows from it, as a new version.
    fn recompute(&self, filed: Date, timeline: &mut Timeline) {
        let Some((member, corrects, value)) = self.last_courier() else { return };
        let appeal = file(self.round, member, filed, "十二月投递量少计一批,全年业绩完成率偏低,申请核对", timeline);
        let reason = [("reason", "与投递台账核对,补计漏录的一批".to_owned())];
        let put_right = days_after(filed, 2);
        timeline.plan(put_right, Hour::Books, "member-corrections", |id| {
            Act::member_saying(member, reason, move |[reason]| {
                let correction = Correction { result: ResultId(id), corrects, value, exactness: Exactness::Exact };
                MemberCommand::CorrectResult(correction, reason)
            })
        });
        let words = "经核对,十二月漏计一批,业绩已更正,年度结果重新计算";
        answer(self.round, appeal, (member, words), vec![Fix::Recompute], days_after(put_right, 1), timeline);
    }

    /// The courier with the lowest score, the result of December, and what it should have been.
    fn last_courier(&self) -> Option<(MemberId, ResultId, Amount)> {
        let december = |(member, result): (&MemberId, &MemberResult)| {
            let cell = self.ledgers.get(member)?.cell(&code("parcels_delivered"), period("2022-12"));
            let (id, value, _) = cell.result?;
            Some((result.score?, *member, id, value))
        };
        let couriers = self.proposal.results.iter().filter_map(december);
        let (_, member, result, value) = couriers.min_by_key(|(score, ..)| *score)?;
        let right = Amount::new(value.decimal() + Decimal::from(LEFT_OUT)).ok()?;
        Some((member, result, right))
    }

    fn refuse(&self, filed: Date, timeline: &mut Timeline) {
        let results = &self.proposal.results;
        let Some(member) = results.keys().nth(results.len() / 2) else { return };
        let appeal = file(self.round, *member, filed, "认为全年名次偏低,申请复核", timeline);
        let words = "经复核,四个季度得分和业绩完成率无误,维持原结果";
        answer(self.round, appeal, (*member, words), vec![], days_after(filed, 3), timeline);
    }
}

//! Appeals 申诉 and corrections 更正 of the demo: one upheld, one refused and late, one correction without an appeal.

use std::collections::BTreeMap;

use domain::id::{AppealId, MemberId, RoundId};
use domain::round::{Answers, Fix, Group, Marks, MemberResult, RoundCommand};
use domain::text::Sealed;
use jiff::civil::Date;

use super::cases::Case;
use super::sheet::Sheet;
use super::term;
use super::voting::miscounted;
use crate::demo::calendar::days_after;
use crate::demo::draft::{APPEALS, Act, DEADLINE, Hour, Timeline};
use crate::demo::money::whole;

/// What appeals and corrections lead to.
#[derive(Default)]
pub struct Outcome {
    /// The results that are put right.
    pub corrected: BTreeMap<MemberId, MemberResult>,
    /// The day of the last answer.
    pub answered: Option<Date>,
}

/// Plans the appeal or correction of a round, if it has one.
pub fn plan(
    sheet: &Sheet<'_>,
    round: RoundId,
    published: Date,
    answers: &BTreeMap<MemberId, Answers>,
    timeline: &mut Timeline,
) -> Outcome {
    // Somebody in the middle of the round.
    let Some((member, said)) = answers.iter().nth(answers.len() / 2) else { return Outcome::default() };
    let filed = days_after(published, 2);
    match sheet.case {
        Some(Case::Upheld) => {
            let appeal = file(round, *member, filed, "履职一项分数与点评谈话不符,申请核对", timeline);
            uphold(sheet, round, appeal, (*member, said), days_after(filed, 2), timeline)
        }
        Some(Case::RefusedLate) => {
            let appeal = file(round, *member, filed, "认为本季度得分偏低,申请复核", timeline);
            refuse(sheet, round, appeal, *member, filed, timeline)
        }
        Some(Case::Corrected) => correct(sheet, round, (*member, said), filed, timeline),
        _ => Outcome::default(),
    }
}

/// Somebody appeals.
pub fn file(round: RoundId, member: MemberId, day: Date, why: &str, timeline: &mut Timeline) -> AppealId {
    let words = [(member.0, ("text", why.to_owned()))];
    AppealId(timeline.plan(day, Hour::Day, "appeals", |id| {
        let appeal = AppealId(id);
        Act::round_saying(round, words, move |[text]| RoundCommand::FileAppeal { appeal, member, text })
    }))
}

/// Somebody who did not decide answers: what is put right upholds the appeal, nothing refuses it.
pub fn answer(
    round: RoundId,
    appeal: AppealId,
    words: (MemberId, &str),
    fixes: Vec<Fix>,
    day: Date,
    timeline: &mut Timeline,
) {
    let words = [(words.0.0, ("answer", words.1.to_owned()))];
    timeline.plan(day, Hour::Day, "appeal-answers", |_| {
        let make = move |[answer]: [Sealed; 1]| {
            let (upheld, fixes) = (!fixes.is_empty(), fixes.clone());
            RoundCommand::AnswerAppeal { appeal, upheld, answer, fixes }
        };
        Act::round_saying(round, words, make).by(APPEALS)
    });
}

/// The mark is entered as it was meant: a new version.
fn uphold(
    sheet: &Sheet<'_>,
    round: RoundId,
    appeal: AppealId,
    (member, said): (MemberId, &Answers),
    day: Date,
    timeline: &mut Timeline,
) -> Outcome {
    let mut right = said.clone();
    let mut fixes = vec![];
    if let Some((reviewer, marks)) = right.marks.iter_mut().next() {
        *marks = raised(marks);
        fixes.push(Fix::Marks { reviewer: *reviewer, marks: marks.clone() });
    }
    let words = "经核对,履职分录入有误,已更正";
    answer(round, appeal, (member, words), fixes, day, timeline);
    Outcome { corrected: BTreeMap::from([(member, sheet.result(&right))]), answered: Some(day) }
}

fn raised(marks: &Marks) -> Marks {
    marks.keys().map(|dimension| (dimension.clone(), whole(93))).collect()
}

/// The answer is a day late, which is noted.
fn refuse(
    sheet: &Sheet<'_>,
    round: RoundId,
    appeal: AppealId,
    member: MemberId,
    filed: Date,
    timeline: &mut Timeline,
) -> Outcome {
    let overdue = term::overdue_day(&sheet.setting.rules, filed);
    timeline.plan(overdue, Hour::Top, "overdue-notes", |_| {
        Act::round(round, RoundCommand::NoteOverdue { appeal }).by(DEADLINE)
    });
    answer(round, appeal, (member, "经复核,点评依据充分,维持原结果"), vec![], overdue, timeline);
    Outcome { answered: Some(overdue), ..Outcome::default() }
}

/// A ballot of the public had been counted that was none.
fn correct(
    sheet: &Sheet<'_>,
    round: RoundId,
    (member, said): (MemberId, &Answers),
    day: Date,
    timeline: &mut Timeline,
) -> Outcome {
    let mut right = said.clone();
    let Some(counts) = right.counts.get_mut(&Group::Public) else { return Outcome::default() };
    *counts = miscounted(counts);
    let fixes = vec![Fix::Counts { group: Group::Public, counts: counts.clone() }];
    let words = [(member.0, ("reason", "抽查发现一张群众票误计入,重新计票后更正".to_owned()))];
    timeline.plan(day, Hour::Day, "round-corrections", |_| {
        Act::round_saying(round, words, move |[reason]| RoundCommand::Correct { member, fixes: fixes.clone(), reason })
    });
    Outcome { corrected: BTreeMap::from([(member, sheet.result(&right))]), answered: Some(day) }
}

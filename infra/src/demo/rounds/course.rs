//! The course of a quarterly round: from the draft to the day on which it becomes final.

use std::collections::BTreeMap;

use domain::id::{MemberId, RoundId};
use domain::round::{Answers, GradeGiven, Group, MemberResult, RoundCommand};
use jiff::civil::Date;

use super::appeals::{self, Outcome};
use super::book::{Book, Held};
use super::cases::Case;
use super::setting::Setting;
use super::sheet::{self, Sheet};
use super::term::{self, Term};
use super::voting::{Comment, Vote};
use crate::demo::calendar::{after, days_after};
use crate::demo::draft::{Act, COMMITTEE, Hour, Timeline};
use crate::demo::metrics::code;

/// Holds the rounds of a quarter and enters what comes out.
pub fn quarter(setting: &Setting<'_>, quarter: i8, book: &mut Book, timeline: &mut Timeline) {
    for sheet in sheet::of_quarter(setting, quarter) {
        let held = hold(&sheet, timeline);
        book.enter(quarter, held);
    }
}

fn hold(sheet: &Sheet<'_>, timeline: &mut Timeline) -> Held {
    let first = Term::of_quarter(sheet.quarter);
    if sheet.case == Some(Case::Annulled) {
        annul(sheet, first, timeline);
    }
    let round = open(sheet, first, timeline);
    let (term, answers, comments) = match sheet.case {
        Some(Case::Repeats | Case::Surplus) => repeat(sheet, round, first, timeline),
        Some(Case::Reopened) => reopen(sheet, round, first, timeline),
        _ => {
            let answers = sheet.answers(1);
            let comments = vote(&Vote { sheet, round, term: first, answers: &answers }, timeline);
            (first, answers, comments)
        }
    };
    let tallied = after(term.counted());
    moderate(round, tallied, &comments, timeline);
    say(round, tallied, "tallies", RoundCommand::Tally { rounds: vec![] }, timeline);
    let mut results: BTreeMap<MemberId, MemberResult> =
        answers.iter().map(|(member, said)| (*member, sheet.result(said))).collect();
    decide(sheet, round, after(tallied), &results, timeline);
    let published = days_after(tallied, 2);
    say(round, published, "publications", RoundCommand::Publish, timeline);
    let outcome = appeals::plan(sheet, round, published, &answers, timeline);
    let Outcome { corrected, answered } = outcome;
    results.extend(corrected);
    let final_on = term::final_day(&sheet.setting.rules, published).max(answered.map_or(published, after));
    say(round, final_on, "finals", RoundCommand::Finalise, timeline);
    Held { round, final_on, results }
}

/// A command of the round without a free text, in the course of a day.
pub fn say(round: RoundId, day: Date, kind: &'static str, command: RoundCommand, timeline: &mut Timeline) {
    timeline.plan(day, Hour::Day, kind, |_| Act::round(round, command));
}

fn draft(sheet: &Sheet<'_>, day: Date, hour: Hour, timeline: &mut Timeline) -> RoundId {
    let (branches, period) = (sheet.branches.clone(), term::of(sheet.quarter));
    RoundId(timeline.plan(day, hour, "rounds", |id| {
        Act::round(RoundId(id), RoundCommand::Draft { branches, period, rules_version: 1 })
    }))
}

fn open(sheet: &Sheet<'_>, term: Term, timeline: &mut Timeline) -> RoundId {
    let round = draft(sheet, term.opens, Hour::Outlets, timeline);
    let without = if sheet.has_ballots() { vec![] } else { vec![Group::Peer, Group::Public] };
    let (closes_at, leaders, scrutineers) = (term.closes_at(), sheet.leaders.clone(), sheet.scrutineers.clone());
    let open = RoundCommand::Open { closes_at, leaders, scrutineers, without };
    timeline.plan(term.opens, Hour::Plans, "openings", |_| Act::round(round, open));
    round
}

/// Everybody gives, the boxes are opened, both count, the round closes.
fn vote(vote: &Vote<'_, '_>, timeline: &mut Timeline) -> Vec<Comment> {
    vote.review_selves(timeline);
    let comments = vote.mark(timeline);
    if vote.sheet.has_ballots() {
        let voters = vote.sheet.voters();
        vote.issue_to_peers(&voters, timeline);
        vote.issue_to_public(timeline);
        vote.take_back(Group::Peer, voters.len() as u32, timeline);
        vote.take_back(Group::Public, vote.sheet.public[1], timeline);
        vote.count(Group::Peer, timeline);
        vote.count(Group::Public, timeline);
    }
    vote.close(timeline);
    comments
}

type Voted = (Term, BTreeMap<MemberId, Answers>, Vec<Comment>);

/// Too few peers come, or more ballots than were handed out come back; the group is void, and votes again.
fn repeat(sheet: &Sheet<'_>, round: RoundId, term: Term, timeline: &mut Timeline) -> Voted {
    let answers = sheet.answers(1);
    let vote = Vote { sheet, round, term, answers: &answers };
    vote.review_selves(timeline);
    let comments = vote.mark(timeline);
    let voters = sheet.voters();
    let (issued, surplus) = match sheet.case {
        Some(Case::Surplus) => (&voters[..], 1),
        _ => (&voters[..voters.len() / 3], 0),
    };
    vote.issue_to_peers(issued, timeline);
    vote.issue_to_public(timeline);
    vote.take_back(Group::Peer, issued.len() as u32 + surplus, timeline);
    vote.take_back(Group::Public, sheet.public[1], timeline);
    vote.count(Group::Public, timeline);
    vote.close(timeline);
    let again = Term::from(after(term.counted()), 3);
    let repeat = RoundCommand::RepeatGroup { group: Group::Peer, closes_at: again.closes_at() };
    say(round, again.opens, "repetitions", repeat, timeline);
    let vote = Vote { term: again, ..vote };
    vote.issue_to_peers(&voters, timeline);
    vote.take_back(Group::Peer, voters.len() as u32, timeline);
    vote.count(Group::Peer, timeline);
    vote.close(timeline);
    (again, answers, comments)
}

/// Another approves that everybody is marked anew.
fn reopen(sheet: &Sheet<'_>, round: RoundId, term: Term, timeline: &mut Timeline) -> Voted {
    let (first, answers) = (sheet.answers(1), sheet.answers(2));
    vote(&Vote { sheet, round, term, answers: &first }, timeline);
    let again = Term::from(after(term.counted()), 4);
    let reason = [(round.0, ("reason", "点评期间点评人未取得完整业绩资料,申请全体重评".to_owned()))];
    timeline.plan(again.opens, Hour::Day, "reopening-proposals", |_| {
        Act::round_saying(round, reason, |[reason]| RoundCommand::ProposeReopening { reason })
    });
    let reopen = RoundCommand::Reopen { closes_at: again.closes_at() };
    timeline.plan(again.opens, Hour::Books, "reopenings", |_| Act::round(round, reopen).by(COMMITTEE));
    let vote = Vote { sheet, round, term: again, answers: &answers };
    let comments = vote.mark(timeline);
    vote.close(timeline);
    (again, answers, comments)
}

/// A draft that was wrong is annulled before the right one is made, which the claims on the period would refuse else.
fn annul(sheet: &Sheet<'_>, term: Term, timeline: &mut Timeline) {
    let round = draft(sheet, term.opens, Hour::Top, timeline);
    let reason = [(round.0, ("reason", "起草时选错规则说明,作废后重新起草".to_owned()))];
    timeline.plan(term.opens, Hour::Second, "annulment-proposals", |_| {
        Act::round_saying(round, reason, |[reason]| RoundCommand::ProposeAnnulment { reason })
    });
    timeline.plan(term.opens, Hour::Third, "annulments", |_| Act::round(round, RoundCommand::Annul).by(COMMITTEE));
}

/// Comments are looked at; one in so many is withheld, with a reason.
fn moderate(round: RoundId, day: Date, comments: &[Comment], timeline: &mut Timeline) {
    for (at, (reviewer, member)) in comments.iter().copied().enumerate() {
        let why = "评语涉及个人事项,不予公开".to_owned();
        let words: Vec<_> = (at == 2).then_some((member.0, ("reason", why))).into_iter().collect();
        timeline.plan(day, Hour::Top, "moderations", |_| {
            Act::round_reasoning(round, words, move |texts| {
                let reason = texts.into_iter().next();
                RoundCommand::ModerateComment { reviewer, member, released: reason.is_none(), reason }
            })
        });
    }
}

/// The committee follows the proposal, but for one person.
fn decide(
    sheet: &Sheet<'_>,
    round: RoundId,
    day: Date,
    results: &BTreeMap<MemberId, MemberResult>,
    timeline: &mut Timeline,
) {
    let band = |result: &MemberResult| result.score.and_then(|score| sheet.setting.rules.band(score)).cloned();
    let best = results.iter().find(|(_, result)| band(result) == Some(code("excellent")));
    let other = best.filter(|_| sheet.case == Some(Case::DecidedOtherwise)).map(|(member, _)| *member);
    let why = "本季度发生一起有责投诉,经集体研究评为合格".to_owned();
    let words: Vec<_> = other.into_iter().map(|member| (member.0, ("reason", why.clone()))).collect();
    timeline.plan(day, Hour::Day, "decisions", |_| {
        let act = Act::round_reasoning(round, words, move |reasons| {
            let given = |(member, reason)| GradeGiven { member, grade: code("qualified"), reason: Some(reason) };
            RoundCommand::DecideGrades { given: other.into_iter().zip(reasons).map(given).collect() }
        });
        act.by(COMMITTEE)
    });
}

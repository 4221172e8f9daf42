//! The yearly rounds 年度评议: each branch's quarters and comparisons, the cap, the ties across its border, appeals.

use std::collections::BTreeMap;

use domain::id::{BranchId, MemberId, RoundId};
use domain::ledger::{Ledger, Metric};
use domain::member::MemberCommand;
use domain::period::Period;
use domain::round::proposal::{Proposal, formal};
use domain::round::year::{compare, year};
use domain::round::{Cap, Code, Comparison, GradeGiven, MemberResult, Rostered, RoundCommand};
use domain::world::Command;
use jiff::civil::{Date, date};

use super::book::Book;
use super::cases;
use super::course::say;
use super::setting::Setting;
use super::term::{self, Term};
use super::year_appeals::Published;
use crate::demo::calendar::{after, days_after};
use crate::demo::draft::{Act, COMMITTEE, Hour, Timeline};
use crate::demo::metrics::{self, period};

/// Once the fourth quarter is final.
const OPENS: Date = date(2023, 2, 1);

/// Holds the yearly round of each branch, with the appeals of two.
pub fn plan(setting: &Setting<'_>, book: &Book, timeline: &mut Timeline) {
    let ledgers = ledgers(timeline);
    for (nth, branches) in setting.rounds(OPENS).into_iter().enumerate() {
        let people: Vec<Rostered> = setting.roster(&branches, OPENS).into_iter().map(|listed| listed.entry).collect();
        let reviewed: Vec<MemberId> =
            people.iter().filter(|person| !person.on_probation).map(|person| person.member).collect();
        let result = |member: &MemberId| {
            let compared = ledgers.get(member).map(|ledger| comparisons(setting, ledger)).unwrap_or_default();
            (*member, year(&setting.rules.year, book.quarters_of(*member), compared))
        };
        let proposal = Proposal { results: reviewed.iter().map(result).collect() };
        let proposal = proposal.graded(&setting.rules, &people, true);
        let given = settle(setting, &branches, &people, &proposal);
        let (round, on) = hold(branches, book.rounds_of(&reviewed), given, setting, timeline);
        let published = Published { round, on, proposal: &proposal, ledgers: &ledgers };
        published.appeal(cases::of_year(nth), timeline);
    }
}

/// The round and the day of its publication.
fn hold(
    branches: Vec<BranchId>,
    rounds: Vec<RoundId>,
    given: Vec<(MemberId, Code)>,
    setting: &Setting<'_>,
    timeline: &mut Timeline,
) -> (RoundId, Date) {
    let term = Term::from(OPENS, 1);
    let draft = RoundCommand::Draft { branches, period: of_the_year(), rules_version: 1 };
    let round = RoundId(timeline.plan(OPENS, Hour::Outlets, "rounds", |id| Act::round(RoundId(id), draft)));
    let open =
        RoundCommand::Open { closes_at: term.closes_at(), leaders: vec![], scrutineers: vec![], without: vec![] };
    timeline.plan(OPENS, Hour::Plans, "openings", |_| Act::round(round, open));
    timeline.plan(term.counted(), Hour::Close, "round-closes", |_| Act::round(round, RoundCommand::Close));
    let tallied = after(term.counted());
    say(round, tallied, "tallies", RoundCommand::Tally { rounds }, timeline);
    decide(round, after(tallied), given, timeline);
    let published = days_after(tallied, 2);
    say(round, published, "publications", RoundCommand::Publish, timeline);
    say(round, term::final_day(&setting.rules, published), "finals", RoundCommand::Finalise, timeline);
    (round, published)
}

/// Who is tied across the border of the cap: the first of them take what places are left, the others the grade below.
fn settle(
    setting: &Setting<'_>,
    branches: &[BranchId],
    people: &[Rostered],
    proposal: &Proposal,
) -> Vec<(MemberId, Code)> {
    let Some(cap) = &setting.rules.cap else { return vec![] };
    let below = setting.rules.bands[1].grade.clone();
    branches.iter().flat_map(|branch| settle_branch(cap, &below, &formal(people, *branch), &proposal.results)).collect()
}

fn settle_branch(
    cap: &Cap,
    below: &Code,
    own: &[MemberId],
    results: &BTreeMap<MemberId, MemberResult>,
) -> Vec<(MemberId, Code)> {
    let best = own.iter().filter(|member| results[*member].proposed.as_ref() == Some(&cap.grade)).count();
    let left = cap.places(own.len()).saturating_sub(best);
    let tied = own.iter().filter(|member| results[*member].border_tie).enumerate();
    tied.map(|(at, member)| (*member, if at < left { cap.grade.clone() } else { below.clone() })).collect()
}

fn decide(round: RoundId, day: Date, given: Vec<(MemberId, Code)>, timeline: &mut Timeline) {
    let why = "名额分界同分,比较全年竞赛和志愿服务情况后集体审定";
    let words = given.iter().map(|(member, _)| (member.0, ("reason", why.to_owned()))).collect();
    timeline.plan(day, Hour::Day, "decisions", |_| {
        let act = Act::round_reasoning(round, words, move |reasons| {
            let grades = given.iter().cloned().zip(reasons);
            let given = |((member, grade), reason)| GradeGiven { member, grade, reason: Some(reason) };
            RoundCommand::DecideGrades { given: grades.map(given).collect() }
        });
        act.by(COMMITTEE)
    });
}

fn of_the_year() -> Period {
    period("2022")
}

/// What the members' results and plans make so far.
fn ledgers(timeline: &Timeline) -> BTreeMap<MemberId, Ledger> {
    let mut ledgers: BTreeMap<MemberId, Ledger> = BTreeMap::new();
    for command in timeline.commands() {
        let Command::Member(member, command) = command else { continue };
        let ledger = ledgers.entry(member).or_default();
        match command {
            MemberCommand::SetTarget(set) => ledger.remember_target(&set.metric, set.period, set.plan, set.base),
            MemberCommand::ReportResult(report) => {
                ledger.remember_result(report.result, &report.metric, report.period, report.value, report.exactness);
            }
            MemberCommand::CorrectResult(right, _) => {
                let (metric, period, ..) = ledger.check_correction(&right).expect("a correction corrects what stands");
                ledger.remember_result(right.result, &metric, period, right.value, right.exactness);
            }
            _ => {}
        }
    }
    ledgers
}

fn comparisons(setting: &Setting<'_>, ledger: &Ledger) -> Vec<Comparison> {
    let metrics: BTreeMap<Code, Metric> =
        metrics::all().into_iter().map(|metric| (metric.code.clone(), metric)).collect();
    let compared = ledger
        .plans(of_the_year())
        .filter_map(|(code, plan)| compare(&setting.rules.year, metrics.get(code)?, plan, ledger, of_the_year()));
    compared.collect()
}

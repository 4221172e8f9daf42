//! Competitions 竞赛 in the finance and delivery businesses, by month, by quarter and for the year.

use domain::branch::{BranchCommand, Competitors, RankedBy};
use domain::id::CompetitionId;
use domain::period::Grain;
use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::calendar::{after, books_day, workday};
use super::draft::{Act, Hour, Timeline};
use super::metrics::{code, period};
use super::tree::{Tree, title};

/// The last day of the competitions.
pub const LAST_DAY: Date = date(2023, 1, 10);

struct Contest {
    node: usize,
    title: &'static str,
    metric: &'static str,
    competitors: Competitors,
    ranked_by: RankedBy,
}

const fn contest(title: &'static str, metric: &'static str, competitors: Competitors, ranked_by: RankedBy) -> Contest {
    Contest { node: Tree::ROOT, title, metric, competitors, ranked_by }
}

const MONTHLY: [Contest; 3] = [
    contest("金融业务竞赛", "premium_new", Competitors::Branches, RankedBy::Value),
    contest("寄递业务竞赛", "parcels_delivered", Competitors::Members, RankedBy::Value),
    Contest { node: 1, ..contest("辖区揽投竞赛", "parcels_delivered", Competitors::Members, RankedBy::Value) },
];
const QUARTERLY: [Contest; 3] = [
    contest("新单保费进度竞赛", "premium_new", Competitors::Branches, RankedBy::PlanCompletion),
    contest("余额提升竞赛", "balance_daily", Competitors::Members, RankedBy::Value),
    contest("投递增长竞赛", "parcels_delivered", Competitors::Branches, RankedBy::Growth),
];
const YEARLY: [Contest; 3] = [
    contest("日均余额年度竞赛", "balance_daily", Competitors::Members, RankedBy::Value),
    contest("投递年度竞赛", "parcels_delivered", Competitors::Members, RankedBy::Value),
    contest("服务质量年度竞赛", "complaints", Competitors::Branches, RankedBy::Value),
];

const CLOSING: Contest =
    contest("保险业务年度竞赛", "insurance_revenue", Competitors::Branches, RankedBy::PlanCompletion);

/// Announces each at its beginning and concludes it after the results.
pub fn plan(tree: &Tree, timeline: &mut Timeline) {
    for month in 1..=12_i8 {
        let name = format!("2022-{month:02}");
        let day = if month == 1 { date(2022, 1, 5) } else { workday(date(2022, month, 1)) };
        for contest in &MONTHLY {
            run(tree, contest, &name, [day, after(after(books_day(month)))], timeline);
        }
    }
    for quarter in 1..=4_i8 {
        let name = format!("2022-Q{quarter}");
        let day = if quarter == 1 { date(2022, 1, 5) } else { workday(date(2022, 3 * quarter - 2, 1)) };
        for contest in &QUARTERLY {
            run(tree, contest, &name, [day, after(after(books_day(3 * quarter)))], timeline);
        }
    }
    for contest in &YEARLY {
        run(tree, contest, "2022", [date(2022, 1, 5), LAST_DAY], timeline);
    }
    // The last one, when everything else of its day is recorded.
    let [from, until] = [date(2022, 1, 5), LAST_DAY];
    let competition = announce(tree, &CLOSING, "2022", from, timeline);
    conclude(tree, &CLOSING, competition, until, Hour::Close, timeline);
}

fn run(tree: &Tree, contest: &Contest, name: &str, [from, until]: [Date; 2], timeline: &mut Timeline) {
    let competition = announce(tree, contest, name, from, timeline);
    conclude(tree, contest, competition, until, Hour::Boards, timeline);
}

fn announce(tree: &Tree, contest: &Contest, name: &str, from: Date, timeline: &mut Timeline) -> CompetitionId {
    let (branch, period) = (tree.id(contest.node), period(name));
    let when = match period.grain() {
        Grain::Month => format!("2022 年 {} 月", period.first_day().month()),
        Grain::Quarter => format!("2022 年第 {} 季度", (period.end_day() - 1.day()).month() / 3),
        Grain::Year => "2022 年".to_owned(),
    };
    CompetitionId(timeline.plan(from, Hour::Boards, "competitions", |id| {
        let command = BranchCommand::AnnounceCompetition {
            competition: CompetitionId(id),
            title: title(&format!("{when}{}", contest.title)),
            metric: code(contest.metric),
            period,
            competitors: contest.competitors,
            ranked_by: contest.ranked_by,
        };
        Act::branch(branch, command)
    }))
}

fn conclude(
    tree: &Tree,
    contest: &Contest,
    competition: CompetitionId,
    until: Date,
    hour: Hour,
    timeline: &mut Timeline,
) {
    let command = BranchCommand::ConcludeCompetition { competition };
    timeline.plan(until, hour, "conclusions", |_| Act::branch(tree.id(contest.node), command));
}

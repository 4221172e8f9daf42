//! The demo year on a real PostgreSQL: its figures, its past, its boards, its rounds recounted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::branch::{BranchCommand, RankedBy};
use domain::id::{BranchId, ResultId};
use domain::ledger::{Correction, Direction, Exactness, Report};
use domain::stream::{Position, StreamKind};
use domain::text::Sealed;
use domain::world::Command;
use futures_util::StreamExt;
use graphql::ports::{AsOf, Commands};
use harness::ground::Ground;
use harness::speak::office;
use infra::app::App;
use infra::clock::Clock;
use infra::demo::{self, Loaded};
use infra::fold::rebuild::Quiet;
use infra::keys::MasterKey;
use infra::report;
use jiff::Timestamp;
use projections::bundle::bundle;
use projections::leaderboard::{Board, Ties};
use projections::round_people::RoundPersonRow;
use projections::rounds::RoundRow;
use projections::select::Select;
use rust_decimal::Decimal;
use tokio::sync::OnceCell;

use crate::recount::python::Recounter;
use crate::told::{ALL, log, rows_equal};

static LOADED: OnceCell<(Ground, Loaded)> = OnceCell::const_new();

const FIGURES: [(&str, &str); 17] = [
    ("talks", "5"),
    ("outlets_financial", "192"),
    ("stations_delivery", "76"),
    ("training_sessions", "72"),
    ("training_hours", "408"),
    ("training_attendances", "5974"),
    ("training_mean_attendance", "82.97"),
    ("training_mean_hours", "5.67"),
    ("premium_new", "1524000000.00"),
    ("premium_long_term", "351000000.00"),
    ("premium_long_term_share", "23.03"),
    ("insurance_revenue", "139000000.00"),
    ("insurance_plan_completion", "108.92"),
    ("delivery_revenue", "71166500.00"),
    ("delivery_plan", "61600000.00"),
    ("delivery_over_plan", "9566500.00"),
    ("delivery_plan_completion", "115.53"),
];

/// The year, loaded once for all tests; each takes a copy.
pub async fn loaded() -> &'static (Ground, Loaded) {
    LOADED.get_or_init(load_once).await
}

async fn load_once() -> (Ground, Loaded) {
    // Ids are made with the key: with the same one each time, rows are in the same order.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("master.key");
    std::fs::write(&file, "A".repeat(43)).unwrap();
    let ground = Ground { key: MasterKey::load_or_create(&file).unwrap(), ..Ground::fresh().await };
    let clock = Arc::new(Clock::simulated(Timestamp::UNIX_EPOCH));
    let app = ground.app_at(Arc::clone(&clock)).await;
    let loaded = demo::load(&app, &clock, &Quiet).await.unwrap();
    folded(&app, loaded.position).await;
    app.stop().await;
    (ground, loaded)
}

/// Waits until every projection has taken a position in.
async fn folded(app: &App, position: Position) {
    let mut positions = app.reads.positions();
    while positions.next().await.is_some_and(|reached| reached < position) {}
}

async fn figures(app: &App, as_of: Option<AsOf>, at_least: Option<Position>) -> BTreeMap<&'static str, Option<String>> {
    let moment = app.reads.pin(as_of, at_least).await.unwrap();
    let answers = report::gather(&*app.reads, "2022".parse().unwrap(), moment.position).await.unwrap();
    answers.into_iter().map(|answer| (answer.code, answer.value)).collect()
}

fn number(figures: &BTreeMap<&'static str, Option<String>>, code: &str) -> Decimal {
    figures[code].as_deref().unwrap_or_else(|| panic!("{code} is missing")).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_of_the_programme_comes_out_of_the_log() {
    let (ground, loaded) = loaded().await;
    let app = ground.copy().await.app().await;
    let found = figures(&app, None, Some(loaded.position)).await;
    for (code, value) in FIGURES {
        assert_eq!(found[code].as_deref(), Some(value), "{code}");
    }
    assert_eq!(found["delivery_growth"].as_deref(), Some("33.69"));
    assert!(number(&found, "members_on_duty") >= Decimal::from(800));
    assert!(number(&found, "volunteers") >= Decimal::from(100));
    assert!(number(&found, "members_balance_over_7m") > Decimal::ZERO);
    assert!(number(&found, "honours") > Decimal::ZERO);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_year_is_folded_as_the_naive_way_has_it_at_its_end_and_on_the_way() {
    let (ground, loaded) = loaded().await;
    let app = ground.copy().await.app().await;
    let log = log(&*app.reads).await;
    assert_eq!(log.len() as u64, loaded.position.0);
    for part in [1, 5, 10] {
        rows_equal(&*app.reads, &log, Position(loaded.position.0 * part / 10)).await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn loading_twice_changes_nothing() {
    let (ground, first) = loaded().await;
    assert_eq!((first.appended, first.replayed), (first.commands, 0));
    let clock = Arc::new(Clock::simulated(Timestamp::UNIX_EPOCH));
    let app = ground.copy().await.app_at(Arc::clone(&clock)).await;
    assert!(demo::is_loaded(&app).await.unwrap());
    let second = demo::load(&app, &clock, &Quiet).await.unwrap();
    assert_eq!(second, Loaded { appended: 0, replayed: first.commands, ..*first });
    assert_eq!(app.reads.head().await.unwrap().position, first.position);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_says_that_its_time_is_simulated_and_lies_in_the_year_or_soon_after() {
    let (ground, loaded) = loaded().await;
    let ground = ground.copy().await;
    let pool = ground.pool().await;
    let first: String =
        sqlx::query_scalar("select metadata->>'clock' from events where position = 1").fetch_one(&pool).await.unwrap();
    assert_eq!(first, "simulated");
    let count = "select count(*) from events where metadata->>'clock' = 'simulated' and recorded_at \
                 between '2022-01-04T08:00:00+08:00' and '2023-02-22T18:00:00+08:00'";
    let simulated: i64 = sqlx::query_scalar(count).fetch_one(&pool).await.unwrap();
    assert_eq!(simulated.unsigned_abs(), loaded.position.0);
    pool.close().await;
}

/// What the commands up to an instant say of training and new premium.
fn sent_until(instant: Timestamp) -> (u64, u64, Decimal) {
    let (mut sessions, mut attendances) = (0, 0);
    let mut premium: BTreeMap<ResultId, Decimal> = BTreeMap::new();
    for draft in demo::steps().iter().filter(|step| step.at <= instant).flat_map(|step| &step.drafts) {
        match draft.unsealed() {
            Command::Branch(_, BranchCommand::HoldTraining { attendees, .. }) => {
                sessions += 1;
                attendances += attendees.len() as u64;
            }
            Command::Branch(_, BranchCommand::CorrectAttendance { added, removed, .. }) => {
                attendances = attendances + added.len() as u64 - removed.len() as u64;
            }
            Command::Branch(_, BranchCommand::ReportResult(report)) if report.metric.as_str() == "premium_new" => {
                premium.insert(report.result, report.value.decimal());
            }
            Command::Branch(_, BranchCommand::CorrectResult(correction, _)) => {
                assert!(premium.remove(&correction.corrects).is_some(), "a result of new premium is corrected");
                premium.insert(correction.result, correction.value.decimal());
            }
            Command::Branch(..) | Command::Member(..) | Command::Round(..) => {}
        }
    }
    (sessions, attendances, premium.into_values().sum())
}

#[tokio::test(flavor = "multi_thread")]
async fn june_shows_june() {
    let (ground, _) = loaded().await;
    let app = ground.copy().await.app().await;
    let june: Timestamp = "2022-06-30T23:59:59+08:00".parse().unwrap();
    let (sessions, attendances, premium) = sent_until(june);
    assert!((20..72).contains(&sessions), "{sessions}");
    let found = figures(&app, Some(AsOf::Instant(june)), None).await;
    assert_eq!(number(&found, "training_sessions"), Decimal::from(sessions));
    assert_eq!(number(&found, "training_attendances"), Decimal::from(attendances));
    assert_eq!(number(&found, "premium_new"), premium);
    assert_eq!(found["delivery_plan"].as_deref(), Some("61600000.00"));
    let before = figures(&app, Some(AsOf::Position(Position(0))), None).await;
    assert_eq!((before["premium_new"].as_deref(), before["members_on_duty"].as_deref()), (None, Some("0")));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lower_bound_is_one_until_it_is_counted() {
    let (ground, _) = loaded().await;
    let app = ground.copy().await.app().await;
    for (instant, expected) in
        [("2023-01-06T00:00:00+08:00", Exactness::AtLeast), ("2023-01-10T00:00:00+08:00", Exactness::Exact)]
    {
        let moment = app.reads.pin(Some(AsOf::Instant(instant.parse().unwrap())), None).await.unwrap();
        let answers = report::gather(&*app.reads, "2022".parse().unwrap(), moment.position).await.unwrap();
        let over = answers.iter().find(|answer| answer.code == "members_balance_over_7m").unwrap();
        assert_eq!(over.exactness, expected, "{instant}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rounds_that_end_after_the_year_change_none_of_its_figures() {
    let (ground, loaded) = loaded().await;
    let app = ground.copy().await.app().await;
    let books_closed: Timestamp = "2023-01-10T18:00:00+08:00".parse().unwrap();
    let moment = app.reads.pin(Some(AsOf::Instant(books_closed)), None).await.unwrap();
    assert!(moment.position < loaded.position, "rounds become final after that");
    let then = figures(&app, Some(AsOf::Instant(books_closed)), None).await;
    assert_eq!(figures(&app, None, Some(loaded.position)).await, then);
    app.stop().await;
}

/// The last report of a metric, and the branch it is of.
fn last_report(metric: &str) -> (BranchId, Report) {
    let steps = demo::steps();
    let mut reports = steps.iter().flat_map(|step| &step.drafts).filter_map(|draft| match draft.unsealed() {
        Command::Branch(branch, BranchCommand::ReportResult(report)) if report.metric.as_str() == metric => {
            Some((branch, report))
        }
        Command::Branch(..) | Command::Member(..) | Command::Round(..) => None,
    });
    reports.next_back().unwrap()
}

async fn correct(commands: &dyn Commands, branch: BranchId, wrong: &Report, by: &str) -> Position {
    let asker = office("correct");
    let reason: Sealed = commands.seal(&asker, branch.0, "reason", "核对后更正").await.unwrap();
    let value = (wrong.value.decimal() + by.parse::<Decimal>().unwrap()).to_string().parse().unwrap();
    let result = ResultId(commands.mint(&asker, "result"));
    let correction = Correction { result, corrects: wrong.result, value, exactness: Exactness::Exact };
    let command = Command::Branch(branch, BranchCommand::CorrectResult(correction, reason));
    commands.send(&asker, command, None).await.unwrap().position
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_changes_the_figure_and_what_depends_on_it() {
    let (ground, loaded) = loaded().await;
    let app = ground.copy().await.app().await;
    let before = figures(&app, None, Some(loaded.position)).await;
    let (branch, wrong) = last_report("delivery_revenue");
    let position = correct(&*app.commands, branch, &wrong, "-1000000.50").await;
    let after = figures(&app, None, Some(position)).await;
    let changed: BTreeSet<&str> = before.keys().copied().filter(|code| before[code] != after[code]).collect();
    let expected = ["delivery_growth", "delivery_over_plan", "delivery_plan_completion", "delivery_revenue"];
    assert_eq!(changed, BTreeSet::from(expected));
    assert_eq!(after["delivery_revenue"].as_deref(), Some("70166499.50"));
    assert_eq!(after["delivery_over_plan"].as_deref(), Some("8566499.50"));
    assert_eq!(after["delivery_plan_completion"].as_deref(), Some("113.91"));
    assert_eq!(figures(&app, Some(AsOf::Position(loaded.position)), None).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn boards_have_ties_and_the_rank_after_a_tie_counts_everybody_ahead() {
    let (ground, loaded) = loaded().await;
    let app = ground.copy().await.app().await;
    let board = |subjects, metric: &str, period: &str| Board {
        subjects,
        metric: metric.parse().unwrap(),
        period: period.parse().unwrap(),
        ranked_by: RankedBy::Value,
        direction: Direction::HigherIsBetter,
        ties: Ties::Shared,
        within: None,
    };
    let at = app.reads.pin(None, Some(loaded.position)).await.unwrap().position;
    let companies = board(StreamKind::Branch, "premium_new", "2022-03");
    let ranks = |rows: Vec<(u64, Vec<_>)>| rows.into_iter().map(|(rank, _)| rank).collect::<Vec<u64>>();
    let page = ranks(app.reads.board(&companies, at, None, 100).await.unwrap());
    assert_eq!(page, [1, 2, 2, 4, 5, 6, 7, 8, 9]);
    for (metric, period) in [("parcels_delivered", "2022-08"), ("skill_points", "2022-Q3")] {
        let members = board(StreamKind::Member, metric, period);
        let page = ranks(app.reads.board(&members, at, None, 100).await.unwrap());
        assert!(page.windows(2).any(|pair| pair[0] == pair[1]), "{metric} has a tie: {page:?}");
        let counted = (1..).zip(&page).all(|(place, rank)| *rank <= place);
        let jumps = (1..).zip(page.windows(2)).all(|(ahead, pair)| pair[0] == pair[1] || pair[1] == ahead + 1);
        assert!(counted && jumps, "{metric}: {page:?}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_published_round_is_recounted_by_another_program_without_a_difference() {
    let (ground, loaded) = loaded().await;
    let app = ground.copy().await.app().await;
    let at = app.reads.pin(None, Some(loaded.position)).await.unwrap().position;
    let rounds = app.reads.rows(&Select::<RoundRow>::first(ALL), at).await.unwrap();
    let people = app.reads.rows(&Select::<RoundPersonRow>::first(ALL), at).await.unwrap();
    let mut recounter = Recounter::start();
    for round in rounds.iter().filter(|round| round.published_at.is_some()) {
        let own: Vec<RoundPersonRow> = people.iter().filter(|person| person.round == round.round).cloned().collect();
        recounter.hand_in(&serde_json::from_str(&bundle(round, &own).unwrap()).unwrap());
    }
    let answers = recounter.answers();
    let differing = |answer: &&serde_json::Value| answer.get("error").is_some() || answer.get("differences").is_some();
    let differing: Vec<_> = answers.iter().filter(differing).collect();
    assert!(differing.is_empty(), "{differing:?}");
    let scores = |answer: &serde_json::Value| {
        answer["people"].as_array().unwrap().iter().filter(|person| person["score"].is_string()).count()
    };
    let stated = people.iter().filter(|person| person.score.is_some()).count();
    assert_eq!((answers.len(), answers.iter().map(scores).sum::<usize>()), (202, stated));
    assert!(stated > 3_800, "{stated} scores");
    app.stop().await;
}

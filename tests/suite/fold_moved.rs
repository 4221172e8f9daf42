//! Who moved on a board between two moments: as two whole boards compared one by one say it, and by the same events.

use std::collections::{BTreeMap, BTreeSet};

use domain::branch::{BranchEvent, RankedBy};
use domain::event::{Event, Fact};
use domain::id::{BranchId, MemberId, RoundId};
use domain::ledger::Direction;
use domain::stream::{Position, StreamKind};
use graphql::ports::{Reads, typed};
use harness::chance::Chance;
use projections::leaderboard::{Board, Ties};
use projections::members::MemberRow;
use projections::moves::{Between, Moved, Turn};
use projections::scores::round_score;
use projections::select::Select;
use projections::standings::StandingRow;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::fold_history::a_board;
use crate::fold_pages::report_with_ties;
use crate::fold_scores::publish;
use crate::naive::{Log, Naive};
use crate::told::{ALL, log, told};

/// Who moved: the subject, and rank and number before and after.
type Line = (Uuid, Option<(u64, Decimal)>, Option<(u64, Decimal)>);

/// A board at two moments, whole or within some branch as the tree stood at each.
fn between(chance: &mut Chance, log: &Log, from: Position, to: Position) -> Option<Between> {
    let (then, now) = (Naive::upto(log, from), Naive::upto(log, to));
    let board = a_board(chance, now, &now.standing_rows())?;
    let branches: Vec<BranchId> = now.branches().into_iter().collect();
    let top = if board.within.is_some() { chance.one(&branches) } else { None };
    let of = |naive: Naive<'_>, ties| {
        let within = top.map(|top| naive.subtree(top).into_iter().collect());
        Board { within, ties, ..board.clone() }
    };
    let mut ties = || match board.metric == round_score() {
        true => chance.one(&[Ties::Shared, Ties::Parted]).unwrap(),
        false => Ties::Shared,
    };
    let (before, after) = (of(then, ties()), of(now, ties()));
    Some(Between { before, from, after, to })
}

/// The naive way: two whole boards, looked at one by one.
fn moved(between: &Between, log: &Log) -> Vec<Line> {
    let (then, now) = (Naive::upto(log, between.from), Naive::upto(log, between.to));
    let (then, now) = ((then, then.standing_rows()), (now, now.standing_rows()));
    let parted = between.before.ties == Ties::Parted || between.after.ties == Ties::Parted;
    let stands = |(naive, rows): &(Naive<'_>, Vec<StandingRow>), board: &Board| {
        let key = |subject: Uuid| {
            let same = |row: &&StandingRow| {
                (row.subject_kind, &row.metric, row.period) == (board.subjects, &board.metric, board.period)
            };
            let row = rows.iter().filter(same).find(|row| row.subject == subject).unwrap();
            row.tie_key.filter(|_| parted)
        };
        let ranked = naive.board(board, rows).into_iter();
        ranked.map(|(rank, number, subject)| (subject, (rank, number, key(subject)))).collect::<BTreeMap<_, _>>()
    };
    let (before, after) = (stands(&then, &between.before), stands(&now, &between.after));
    let subjects: BTreeSet<Uuid> = before.keys().chain(after.keys()).copied().collect();
    let place = |of: Option<&(u64, Decimal, _)>| of.map(|(_, number, key)| (*number, *key));
    let mut moved: Vec<Uuid> = subjects.into_iter().collect();
    moved.retain(|subject| place(before.get(subject)) != place(after.get(subject)));
    let worse = |number: Decimal| match (between.after.direction, between.after.ranked_by) {
        (Direction::LowerIsBetter, RankedBy::Value | RankedBy::Growth) => number,
        _ => -number,
    };
    moved.sort_by_key(|subject| {
        let stands = after.get(subject).or(before.get(subject)).unwrap();
        // No key comes after any key.
        (
            !after.contains_key(subject),
            worse(stands.1),
            stands.2.map(|key| -key.decimal()).unwrap_or(Decimal::MAX),
            *subject,
        )
    });
    let said = |of: Option<&(u64, Decimal, _)>| of.map(|(rank, number, _)| (*rank, *number));
    moved.into_iter().map(|subject| (subject, said(before.get(&subject)), said(after.get(&subject)))).collect()
}

/// The positions at which a subject's number changed, or it or a branch above it moved where that mattered.
fn events(between: &Between, log: &Log, subject: Uuid) -> Vec<Position> {
    let order = between.order();
    let number = |at: u64| {
        let same = |row: &StandingRow| {
            (row.subject_kind, &row.metric, row.period, row.subject)
                == (order.subjects, &order.metric, order.period, subject)
        };
        let row = Naive::upto(log, Position(at)).standing_rows().into_iter().find(same)?;
        order.place(&row).map(|place| (place.number, place.tie))
    };
    let path = |at: u64| {
        let naive = Naive::upto(log, Position(at));
        let branch = match order.subjects {
            StreamKind::Branch | StreamKind::Round => BranchId(subject),
            StreamKind::Member if naive.members().contains(&MemberId(subject)) => naive.branch_of(MemberId(subject)),
            StreamKind::Member => return vec![],
        };
        if !naive.branches().contains(&branch) {
            return vec![];
        }
        std::iter::successors(Some(branch), |branch| naive.above(*branch)).collect::<Vec<BranchId>>()
    };
    let within = |at: Position, board: &Board| {
        let path = path(at.0);
        board.within.as_ref().map(|within| path.first().is_some_and(|branch| within.contains(branch)))
    };
    let came = within(between.from, &between.before) != within(between.to, &between.after);
    // Each is looked at by recomputing everything twice, so only those that can matter are.
    let of_scores = order.metric == round_score();
    let about = |fact: &Fact| match &fact.event {
        Event::Round(_) => of_scores,
        Event::Branch(BranchEvent::Moved { .. } | BranchEvent::Merged { .. } | BranchEvent::Established { .. }) => {
            came || fact.stream.id == subject
        }
        Event::Member(_) | Event::Branch(_) => fact.stream.id == subject,
    };
    let in_between = log.iter().filter(|fact| fact.position > between.from && fact.position <= between.to);
    let candidates = in_between.filter(|fact| about(fact));
    let above = |at: u64, path: &[BranchId]| {
        let naive = Naive::upto(log, Position(at));
        let known = naive.branches();
        path.iter().map(|branch| known.contains(branch).then(|| naive.above(*branch))).collect::<Vec<_>>()
    };
    let (then, now) = (path(between.from.0), path(between.to.0));
    let ways: Vec<BranchId> = then.into_iter().chain(now).collect();
    let moved = |at: u64| {
        let own = order.subjects == StreamKind::Member && path(at).first() != path(at - 1).first();
        came && (own || above(at, &ways) != above(at - 1, &ways))
    };
    candidates
        .map(|fact| fact.position.0)
        .filter(|at| number(*at) != number(*at - 1) || moved(*at))
        .map(Position)
        .collect()
}

fn line(between: &Between, moved: &Moved<Vec<projections::cell::Cell>>) -> (Line, Turn) {
    let row =
        |had: &Option<(u64, Vec<_>)>| had.clone().map(|(rank, cells)| (rank, typed::<StandingRow>(cells).unwrap()));
    let moved = Moved { subject: moved.subject, before: row(&moved.before), after: row(&moved.after) };
    let said = |had: &Option<(u64, StandingRow)>, board: &Board| {
        had.as_ref().map(|(rank, row)| (*rank, board.number(row).unwrap()))
    };
    let line = (moved.subject, said(&moved.before, &between.before), said(&moved.after, &between.after));
    (line, between.turn(&moved).unwrap())
}

/// Some boards between two moments; answers how many moved, and by how many events those did that were looked at.
pub async fn moves_equal(reads: &dyn Reads, log: &Log, chance: &mut Chance) -> (usize, usize) {
    let head = log.last().unwrap().position.0;
    let (one, other) = (chance.below(head + 1), chance.below(head + 1));
    let (from, to) = (Position(one.min(other)), Position(one.max(other)));
    let Some(between) = between(chance, log, from, to) else { return (0, 0) };
    let expected = moved(&between, log);
    let size = 1 + usize::try_from(chance.below(9)).unwrap();
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let (counted, page) = reads.moved(&between, after, size).await.unwrap();
        assert_eq!(counted, expected.len() as u64, "{between:?}");
        assert!(page.len() <= size);
        let lines: Vec<(Line, Turn)> = page.iter().map(|moved| line(&between, moved)).collect();
        let Some((_, last)) = lines.last() else { break };
        after = Some(*last);
        found.extend(lines.into_iter().map(|(line, _)| line));
    }
    assert_eq!(found, expected, "{between:?}, {size} a page");
    let mut behind = 0;
    for (subject, ..) in chance.some(&expected, 2) {
        let expected = events(&between, log, subject);
        let mut found = Vec::new();
        loop {
            let after = found.last().copied().unwrap_or_default();
            let page = reads.moved_by(&between, subject, after, 2).await.unwrap();
            found.extend(page.iter().copied());
            if page.is_empty() {
                break;
            }
        }
        assert_eq!(found, expected, "{subject} on {between:?}");
        behind += expected.len();
    }
    (expected.len(), behind)
}

#[tokio::test]
async fn who_moved_is_who_stands_elsewhere_than_before() {
    let mut told = told(81, 250).await;
    let mut chance = Chance::of(8_100);
    for metric in ["premium", "balance"] {
        report_with_ties(&told, metric, &mut chance).await;
    }
    let now = told.caught_up().await;
    let roster = told.app.reads.rows(&Select::<MemberRow>::first(ALL), now).await.unwrap();
    publish(&told, RoundId(chance.id()), &roster, &mut chance).await;
    told.story.go_on(&*told.app.commands, 150).await;
    told.caught_up().await;
    let log = log(&*told.app.reads).await;
    let (mut moved, mut behind) = (0, 0);
    // Which boards and moments are drawn depends on ids: some draws have few moves.
    for drawn in 0..150 {
        if drawn >= 30 && moved > 60 && behind > 30 {
            break;
        }
        let (more, by) = moves_equal(&*told.app.reads, &log, &mut chance).await;
        (moved, behind) = (moved + more, behind + by);
    }
    assert!(moved > 60 && behind > 30, "{moved} moved, by {behind} events looked at");
    told.app.stop().await;
}

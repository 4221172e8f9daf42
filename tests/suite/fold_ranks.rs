//! Ranks that are kept in leaves answer as the naive way does at every moment, however small the leaves are.

use std::sync::Arc;

use domain::id::RoundId;
use domain::stream::Position;
use harness::chance::Chance;
use infra::fold::engine::fold_sized;
use infra::fold::ranks::{Groups, Size, keep_sized};
use infra::fold::rebuild::Quiet;
use infra::fold::{registry, table};
use projections::leaderboard::Board;
use projections::members::MemberRow;
use projections::memory::Memory;
use projections::projection::Projection;
use projections::row::{Key, Row};
use projections::select::Select;
use projections::standings::{StandingRow, Standings};
use sqlx::{Executor, PgPool};

use crate::fold_history::a_board;
use crate::fold_moved::moves_equal;
use crate::fold_pages::{board_pages, report_with_ties};
use crate::fold_scores::publish;
use crate::naive::{Log, Naive};
use crate::told::{ALL, Told, log, told};

/// Folds the standings anew, with leaves of some size, in batches by chance, and lets them serve.
async fn fold_again(pool: &PgPool, log: &Log, size: Size, chance: &mut Chance) {
    let mut transaction = pool.begin().await.unwrap();
    table::create::<Standings>(&mut transaction, 2).await.unwrap();
    let (mut checkpoint, mut rest) = (Position(0), &log[..]);
    while !rest.is_empty() {
        let most = 1 + chance.below(60) as usize;
        let (batch, later) = rest.split_at(most.min(rest.len()));
        fold_sized::<Standings>(&mut transaction, 2, checkpoint, &batch.iter().collect::<Vec<_>>(), size)
            .await
            .unwrap();
        (checkpoint, rest) = (batch.last().unwrap().position, later);
    }
    transaction
        .execute("update projections set generation = 2, epoch = epoch + 1 where name = 'standings'")
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

/// Builds the standings anew as a pass over the log does: all rows first, then the ranks of them all.
async fn build_again(pool: &PgPool, log: &Log, size: Size) {
    let mut memory = Memory::<Standings>::default();
    log.iter().for_each(|fact| memory.fold(fact));
    let mut groups = Groups::new();
    for held in memory.history() {
        let mut key = held.row.key().cells();
        key.pop();
        groups.entry(Standings::places(&held.row).group).or_insert((0, key)).0 += 1;
    }
    let (mut writes, mut reads) = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
    table::create::<Standings>(&mut writes, 2).await.unwrap();
    writes.execute("insert into standings_g2 select * from standings_g1").await.unwrap();
    keep_sized::<Standings>(&mut writes, &mut reads, 2, &groups, size).await.unwrap();
    let serve = "update projections set generation = 2, epoch = epoch + 1 where name = 'standings'";
    writes.execute(serve).await.unwrap();
}

async fn differences(pool: &PgPool) -> Option<String> {
    let standings = registry::named(Some("standings")).unwrap().swap_remove(0);
    let verified = standings.verify(pool, &Quiet).await.unwrap();
    verified.difference.map(|difference| format!("{difference:?}"))
}

async fn leaves(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from standings_leaves_g2").fetch_one(pool).await.unwrap()
}

/// Every page and every rank of some whole boards; answers how many places there were.
async fn boards_equal(told: &Told, log: &Log, at: Position, chance: &mut Chance) -> usize {
    let naive = Naive::upto(log, at);
    let (standings, reads) = (naive.standing_rows(), &*told.app.reads);
    let mut places = 0;
    for _ in 0..6 {
        let Some(board) = a_board(chance, naive, &standings) else { return places };
        let board = Board { within: None, ..board };
        let expected = naive.board(&board, &standings);
        let size = 1 + chance.below(7) as usize;
        let paged = board_pages(reads, &board, size, at).await;
        let shown = |(rank, row): &(u64, StandingRow)| (*rank, board.number(row).unwrap(), row.subject);
        assert_eq!(paged.iter().map(shown).collect::<Vec<_>>(), expected, "{board:?} at {at}, {size} a page");
        for (rank, _, subject) in &expected {
            let found = reads.rank(&board, *subject, at).await.unwrap();
            assert_eq!(found.map(|(rank, _)| rank), Some(*rank), "{board:?} at {at}");
        }
        places += expected.len();
    }
    places
}

/// How a generation comes to be.
enum Made {
    InBatches,
    InOnePass,
}

async fn kept_boards_answer_as_the_naive_way(seed: u64, size: Size, made: Made) {
    let mut chance = Chance::of(seed * 100);
    let mut told = told(seed, 300).await;
    for metric in ["premium", "balance"] {
        report_with_ties(&told, metric, &mut chance).await;
    }
    let now = told.caught_up().await;
    let roster = told.app.reads.rows(&Select::<MemberRow>::first(ALL), now).await.unwrap();
    publish(&told, RoundId(chance.id()), &roster, &mut chance).await;
    told.story.go_on(&*told.app.commands, 100).await;
    let head = told.caught_up().await;
    let log = log(&*told.app.reads).await;
    let pool = told.ground.pool().await;
    told.app.stop().await;
    match made {
        Made::InBatches => fold_again(&pool, &log, size, &mut chance).await,
        Made::InOnePass => build_again(&pool, &log, size).await,
    }
    assert!(leaves(&pool).await > 12, "boards are kept in leaves: {}", leaves(&pool).await);
    assert_eq!(differences(&pool).await, None);

    told.app = told.ground.app_at(Arc::clone(&told.clock)).await;
    assert_eq!(told.caught_up().await, head);
    let mut places = 0;
    for _ in 0..25 {
        let at = Position(chance.below(head.0 + 1));
        places += boards_equal(&told, &log, at, &mut chance).await;
    }
    places += boards_equal(&told, &log, head, &mut chance).await;
    assert!(places > 200, "the boards had places: {places}");
    let mut moved = 0;
    // Which boards and moments are drawn depends on ids: some draws have few moves.
    for drawn in 0..90 {
        if drawn < 15 || moved <= 25 {
            moved += moves_equal(&*told.app.reads, &log, &mut chance).await.0;
        }
    }
    assert!(moved > 25, "some moved: {moved}");
    told.app.stop().await;
    what_is_changed_is_found(&pool).await;
}

async fn what_is_changed_is_found(pool: &PgPool) {
    let place = "(board, leaf, subject, from_position) = (select board, leaf, subject, from_position \
                 from standings_places_g2 order by until_position desc limit 1)";
    let leaf = "until_position = 9223372036854775807 and low_number > '-infinity'";
    let note = "position > 0 and cardinality(leaves) > 1";
    for (table, changed, which) in [
        ("places", "number = number + 1", place),
        ("places", "tie = 7", place),
        ("places", "subject = gen_random_uuid()", place),
        ("places", "from_position = from_position - 1", place),
        ("places", "until_position = from_position", place),
        ("places", "leaf = leaf + 1", place),
        ("places", "board = board + 4000", place),
        ("leaves", "live = live + 1", leaf),
        ("leaves", "low_number = low_number - 0.001", leaf),
        ("leaves", "high_number = high_number + 0.001", leaf),
        ("leaves", "from_position = from_position - 1", leaf),
        ("steps", "before[2] = before[2] + 1", note),
        ("steps", "total = total + 1", note),
        ("steps", "leaves[1] = leaves[2], leaves[2] = leaves[1]", note),
    ] {
        let changes = format!(
            "create table kept as select * from standings_{table}_g2; \
             update standings_{table}_g2 set {changed} where {which}"
        );
        pool.execute(changes.as_str()).await.unwrap();
        assert!(differences(pool).await.is_some(), "{table}: {changed} is found");
        let back = format!(
            "truncate standings_{table}_g2; insert into standings_{table}_g2 select * from kept; drop table kept"
        );
        pool.execute(back.as_str()).await.unwrap();
        assert_eq!(differences(pool).await, None);
    }
}

#[tokio::test]
async fn boards_in_tiny_leaves_answer_as_the_naive_way_does_at_every_moment() {
    kept_boards_answer_as_the_naive_way(71, Size { leaf: 4, step: 3, small: 2 }, Made::InBatches).await;
}

#[tokio::test]
async fn boards_in_small_leaves_answer_as_the_naive_way_does_at_every_moment() {
    kept_boards_answer_as_the_naive_way(72, Size { leaf: 8, step: 7, small: 15 }, Made::InBatches).await;
}

#[tokio::test]
async fn boards_built_in_one_pass_answer_as_the_naive_way_does_at_every_moment() {
    kept_boards_answer_as_the_naive_way(73, Size { leaf: 4, step: 3, small: 4 }, Made::InOnePass).await;
}

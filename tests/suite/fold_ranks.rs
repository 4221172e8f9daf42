//! Ranks that are kept in leaves answer as the naive way does at every moment, however small the leaves are.

use std::sync::{Arc, Mutex, mpsc};

use domain::id::RoundId;
use domain::stream::Position;
use harness::chance::Chance;
use infra::fold::engine::fold_sized;
use infra::fold::ranks::{Groups, Size, keep_sized};
use infra::fold::rebuild::{Progress, Quiet};
use infra::fold::table::HOLDS;
use infra::fold::{registry, table, verify};
use projections::leaderboard::Board;
use projections::members::MemberRow;
use projections::memory::Memory;
use projections::projection::{BOARDS, Projection};
use projections::row::{Key, Row};
use projections::select::Select;
use projections::standings::{StandingRow, Standings};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Executor, PgPool};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

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
        // A third is within a subtree: there the rows of its members are looked up.
        let board = if chance.percent(33) { board } else { Board { within: None, ..board } };
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

/// Held up where a verification has read the log and not yet the rows.
struct HeldUp {
    arrived: UnboundedSender<()>,
    go_on: Mutex<mpsc::Receiver<()>>,
}

impl Progress for HeldUp {
    fn at(&self, done: u64, of: u64) {
        if done == of {
            self.arrived.send(()).expect("the test waits for it");
            self.go_on.lock().unwrap().recv().expect("the test lets it go on");
        }
    }
}

/// A verification of the standings in a thread of its own, which has begun, and what lets it go on.
async fn verifying(options: PgConnectOptions) -> (JoinHandle<Option<String>>, mpsc::Sender<()>) {
    let ((arrived, mut arrival), (sender, go_on)) = (unbounded_channel(), mpsc::channel());
    let progress = HeldUp { arrived, go_on: Mutex::new(go_on) };
    let verified = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let pool = PgPool::connect_with(options).await.unwrap();
            let verified = verify::run::<Standings>(&pool, &progress).await.unwrap();
            verified.difference.map(|difference| format!("{difference:?}"))
        })
    });
    arrival.recv().await.expect("it comes so far");
    (verified, sender)
}

#[tokio::test]
async fn boards_that_begin_to_be_kept_while_ranks_are_verified_are_no_difference() {
    let mut chance = Chance::of(74);
    let told = told(74, 60).await;
    report_with_ties(&told, "premium", &mut chance).await;
    let first = told.caught_up().await.0 as usize;
    report_with_ties(&told, "balance", &mut chance).await;
    told.caught_up().await;
    let log = log(&*told.app.reads).await;
    let pool = told.ground.pool().await;
    told.app.stop().await;
    // The boards of the one metric are kept by then; those of the other have their first places.
    let more = log.len() - first;
    let size = Size { leaf: 4, step: 3, small: more as i64 / 3 };
    let (before, after) = log.split_at(first + more / 5);
    let checkpoint = before.last().unwrap().position;
    let mut transaction = pool.begin().await.unwrap();
    table::create::<Standings>(&mut transaction, 2).await.unwrap();
    let facts: Vec<_> = before.iter().collect();
    fold_sized::<Standings>(&mut transaction, 2, Position(0), &facts, size).await.unwrap();
    let serve = "update projections set generation = 2, epoch = epoch + 1, checkpoint = $1 where name = 'standings'";
    sqlx::query(serve).bind(checkpoint.0.cast_signed()).execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();
    // How many groups are kept, and how many places of theirs there were up to there.
    let kept = async || {
        let sql = "select count(distinct g.id), count(p) from standings_groups_g2 g left join standings_places_g2 p \
                   on p.board / $1 = g.id and p.from_position <= $2 where kept";
        let kept = sqlx::query_as::<_, (i64, i64)>(sql).bind(BOARDS).bind(checkpoint.0.cast_signed());
        kept.fetch_one(&pool).await.unwrap()
    };
    let (groups, places) = kept().await;
    assert!(groups > 0, "some are kept before");

    let (verified, go_on) = verifying(told.ground.endpoints.app.clone()).await;
    let mut transaction = pool.begin().await.unwrap();
    let facts: Vec<_> = after.iter().collect();
    let small = Size { small: 2, ..size };
    fold_sized::<Standings>(&mut transaction, 2, checkpoint, &facts, small).await.unwrap();
    let head = log.last().unwrap().position.0.cast_signed();
    sqlx::query(serve).bind(head).execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();
    let (groups_then, places_then) = kept().await;
    assert!(groups_then > groups && places_then > places, "{groups} {groups_then}, {places} {places_then}");
    go_on.send(()).unwrap();
    assert_eq!(verified.await.unwrap(), None);
    assert_eq!(differences(&pool).await, None);
}

/// For each reason that a leaf `t` does not cover a place `p` for, and for no other.
const HIDDEN: [&str; 4] = [
    "(p.number, p.tie, p.subject) >= (t.low_number, t.low_tie, t.low_subject) and \
     (p.number, p.tie, p.subject) < (t.high_number, t.high_tie, t.high_subject) and p.from_position < t.from_position \
     and p.until_position <= t.until_position",
    "(p.number, p.tie, p.subject) >= (t.low_number, t.low_tie, t.low_subject) and \
     (p.number, p.tie, p.subject) < (t.high_number, t.high_tie, t.high_subject) and p.from_position >= t.from_position \
     and p.until_position > t.until_position",
    "p.from_position >= t.from_position and p.until_position <= t.until_position and \
     (p.number, p.tie, p.subject) < (t.low_number, t.low_tie, t.low_subject)",
    "p.from_position >= t.from_position and p.until_position <= t.until_position and \
     (p.number, p.tie, p.subject) >= (t.high_number, t.high_tie, t.high_subject)",
];

async fn what_is_changed_is_found(pool: &PgPool) {
    let place = "(board, leaf, subject, from_position) = (select board, leaf, subject, from_position \
                 from standings_places_g2 order by until_position desc limit 1)";
    let tied =
        "ctid = (select ctid from standings_places_g2 where tie > '-infinity' order by until_position desc limit 1)";
    let leaf = "until_position = 9223372036854775807 and low_number > '-infinity'";
    let note = "position > 0 and cardinality(leaves) > 1";
    let alone = "ctid = (select s.ctid from standings_steps_g2 s where s.position > 0 and cardinality(s.leaves) > 1 and \
                 not exists (select from standings_steps_g2 o where o.board = s.board and o.position = s.position - 1) limit 1)";
    let few = "not kept";
    for (table, changed, which) in [
        ("places", "number = number + 1", place),
        ("places", "tie = 7", place),
        ("places", "tie = 0", place),
        ("places", "tie = tie + 1", tied),
        ("places", "subject = gen_random_uuid()", place),
        ("places", "from_position = from_position - 1", place),
        ("places", "until_position = from_position", place),
        ("places", "leaf = leaf + 1", place),
        ("places", "board = board + 4000", place),
        ("leaves", "live = live + 1", leaf),
        ("leaves", "total = total + 1", leaf),
        ("leaves", "low_number = low_number - 0.001", leaf),
        ("leaves", "low_tie = 7", leaf),
        ("leaves", "low_subject = gen_random_uuid()", leaf),
        ("leaves", "high_number = high_number + 0.001", leaf),
        ("leaves", "high_tie = 7", leaf),
        ("leaves", "high_subject = gen_random_uuid()", leaf),
        ("leaves", "from_position = from_position - 1", leaf),
        ("leaves", "until_position = until_position - 1", leaf),
        ("leaves", "leaf = leaf + 1000000", leaf),
        ("leaves", "board = board + 4000", leaf),
        ("steps", "before[1] = before[1] + 1", note),
        ("steps", "before[2] = before[2] + 1", note),
        ("steps", "total = total + 1", note),
        ("steps", "leaves[1] = leaves[2], leaves[2] = leaves[1]", note),
        ("steps", "position = position - 1", alone),
        ("steps", "board = board + 4000", alone),
        ("groups", "kept = false", "kept"),
        ("groups", "id = id + 4000", "kept"),
        ("groups", "versions = versions + 1", "kept"),
        ("groups", "name = name || 'x'", "kept"),
        ("groups", "versions = versions - 1", few),
        ("groups", "name = name || 'x'", few),
        ("groups", "kept = true", few),
    ] {
        is_found(pool, &format!("update standings_{table}_g2 set {changed} where {which}")).await;
    }
    is_found(pool, &hidden_in("-1", "true")).await;
    for which in HIDDEN {
        is_found(pool, &hidden_in("t.leaf", which)).await;
    }
    // Everything of two boards is in each other's place.
    let largest = "select board from standings_places_g2 group by board order by count(*) desc limit 2";
    let two: Vec<i64> = sqlx::query_scalar(largest).fetch_all(pool).await.unwrap();
    let swapped = ["places", "leaves", "steps"].map(|table| {
        let ([one, other], table) = (two[..].try_into().unwrap(), format!("standings_{table}_g2"));
        format!(
            "update {table} set board = -board where board in ({one}, {other}); \
             update {table} set board = {one} + {other} + board where board < 0"
        )
    });
    is_found(pool, &swapped.join("; ")).await;
    // Of a log so long several positions are summed up together.
    let long = "update projections set checkpoint = 300000 where name = 'standings'";
    pool.execute(long).await.unwrap();
    let moved = "update standings_places_g2 set from_position = from_position - 1 where ctid = (select p.ctid from \
                 standings_places_g2 p join standings_leaves_g2 l using (board, leaf) where p.from_position % 5 > 0 \
                 and p.from_position < p.until_position and p.from_position > l.from_position and not exists (select from \
                 standings_steps_g2 s where s.board = p.board and s.position = p.from_position - 1) limit 1)";
    is_found(pool, moved).await;
}

/// A place that came and went between two notes is in another leaf: one that is not there, or one `t` that was closed too
/// and does not cover it for one reason.
fn hidden_in(leaf: &str, which: &str) -> String {
    format!(
        "update standings_places_g2 moved set leaf = hidden.other from (select p.ctid, {leaf} as other \
         from standings_places_g2 p join standings_leaves_g2 l using (board, leaf) join standings_leaves_g2 t \
         on t.board = p.board and t.leaf <> p.leaf where p.from_position < p.until_position \
         and l.until_position < {HOLDS} and t.until_position < {HOLDS} and not exists (select from standings_steps_g2 s \
         where s.board = p.board and s.position >= p.from_position and s.position < p.until_position) and {which} limit 1) \
         as hidden where moved.ctid = hidden.ctid"
    )
}

/// Makes the changes, of at least one row, and takes them back.
async fn is_found(pool: &PgPool, changes: &str) {
    const TABLES: [&str; 4] = ["places", "leaves", "steps", "groups"];
    let each = |sql: fn(&str) -> String| TABLES.map(sql).join("; ");
    pool.execute(each(|table| format!("create table kept_{table} as table standings_{table}_g2")).as_str())
        .await
        .unwrap();
    let changed = pool.execute(changes).await.unwrap().rows_affected();
    assert!(changed > 0, "there is something to change: {changes}");
    assert!(differences(pool).await.is_some(), "it is found: {changes}");
    let back = each(|table| {
        format!(
            "truncate standings_{table}_g2; insert into standings_{table}_g2 table kept_{table}; drop table kept_{table}"
        )
    });
    pool.execute(back.as_str()).await.unwrap();
    assert_eq!(differences(pool).await, None);
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

//! Two builds of one projection over one database, whose rows have other columns: a rolling deployment.

use std::sync::Arc;
use std::time::Duration;

use domain::event::Fact;
use domain::stream::Position;
use graphql::ports::{ReadError, Reads};
use harness::client::Api;
use harness::ground::Ground;
use harness::server::Server;
use harness::story::{Story, first_day};
use harness::wait::until;
use infra::auth::SignIn;
use infra::clock::{Clock, random};
use infra::fold::FoldError;
use infra::fold::bulk::part::Part;
use infra::fold::engine::{Engine, Folded, Standing, standings};
use infra::fold::live::{self, Floor};
use infra::fold::rebuild::Quiet;
use infra::keys::Keyring;
use infra::reach::Reach;
use infra::reads::LogReads;
use infra::reads::serving::{Serving, Watcher};
use projections::cell::{Cell, Column, Kind};
use projections::members::{MemberKey, MemberRow, Members};
use projections::projection::Projection;
use projections::row::{Key, Row};
use projections::select::Select;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::told::{ALL, log, told};

const PATIENCE: Duration = Duration::from_secs(60);

/// Which stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Of(Uuid);

impl Key for Of {
    fn cells(&self) -> Vec<Cell> {
        vec![Cell::Uuid(self.0)]
    }
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: false }
}

/// How many events a stream has.
#[derive(Debug, Clone, PartialEq)]
struct OldRow(Uuid, i64);

/// And where the last one stands.
#[derive(Debug, Clone, PartialEq)]
struct NewRow(Uuid, i64, i64);

impl Row for OldRow {
    const TABLE: &'static str = "lengths";
    const COLUMNS: &'static [Column] = &[column("stream", Kind::Uuid), column("events", Kind::Int)];
    const KEY: usize = 1;
    const INDEXES: &'static [&'static [&'static str]] = &[];
    type Key = Of;

    fn key(&self) -> Of {
        Of(self.0)
    }

    fn cells(&self) -> Vec<Cell> {
        vec![Cell::Uuid(self.0), Cell::Int(self.1)]
    }

    fn from_cells(cells: Vec<Cell>) -> Option<Self> {
        if let [Cell::Uuid(stream), Cell::Int(events)] = cells[..] { Some(Self(stream, events)) } else { None }
    }
}

impl Row for NewRow {
    const TABLE: &'static str = "lengths";
    const COLUMNS: &'static [Column] =
        &[column("stream", Kind::Uuid), column("length", Kind::Int), column("last", Kind::Int)];
    const KEY: usize = 1;
    const INDEXES: &'static [&'static [&'static str]] = &[&["last"]];
    type Key = Of;

    fn key(&self) -> Of {
        Of(self.0)
    }

    fn cells(&self) -> Vec<Cell> {
        vec![Cell::Uuid(self.0), Cell::Int(self.1), Cell::Int(self.2)]
    }

    fn from_cells(cells: Vec<Cell>) -> Option<Self> {
        let [Cell::Uuid(stream), Cell::Int(length), Cell::Int(last)] = cells[..] else { return None };
        Some(Self(stream, length, last))
    }
}

struct Old;
struct New;
/// The same rows once more under another version.
struct Newest;

impl Projection for Old {
    const NAME: &'static str = "lengths";
    const VERSION: u32 = 1;
    type Row = OldRow;
    type Change = ();

    fn changes(fact: &Fact) -> Vec<(Of, ())> {
        vec![(Of(fact.stream.id), ())]
    }

    fn apply(row: Option<OldRow>, key: &Of, (): &()) -> Option<OldRow> {
        Some(OldRow(key.0, row.map_or(1, |row| row.1 + 1)))
    }
}

impl Projection for New {
    const NAME: &'static str = "lengths";
    const VERSION: u32 = 2;
    type Row = NewRow;
    type Change = i64;

    fn changes(fact: &Fact) -> Vec<(Of, i64)> {
        vec![(Of(fact.stream.id), fact.position.0.cast_signed())]
    }

    fn apply(row: Option<NewRow>, key: &Of, last: &i64) -> Option<NewRow> {
        Some(NewRow(key.0, row.map_or(1, |row| row.1 + 1), *last))
    }
}

impl Projection for Newest {
    const NAME: &'static str = "lengths";
    const VERSION: u32 = 3;
    type Row = NewRow;
    type Change = i64;

    fn changes(fact: &Fact) -> Vec<(Of, i64)> {
        New::changes(fact)
    }

    fn apply(row: Option<NewRow>, key: &Of, last: &i64) -> Option<NewRow> {
        New::apply(row, key, last)
    }
}

/// A program with that one projection, and the members beside.
struct Build {
    reads: LogReads,
    stopping: watch::Sender<bool>,
    _grown: watch::Sender<Position>,
    tasks: JoinSet<()>,
}

impl Build {
    async fn start(ground: &Ground, clock: &Arc<Clock>, projections: Vec<Arc<dyn Folded>>) -> Self {
        let pool = ground.pool().await;
        for projection in &projections {
            projection.register(&pool).await.unwrap();
        }
        let (stopping, stop) = watch::channel(false);
        let (grown, head) = watch::channel(Position(0));
        let (moved, moves) = mpsc::unbounded_channel();
        let places = Serving::read(&pool, &projections).await.unwrap();
        let floor = Floor {
            pool: pool.clone(),
            own: pool.clone(),
            reach: Arc::new(Reach::default()),
            tail: Arc::default(),
            head,
            moved,
            stopping: stop,
            holder: Uuid::new_v8(random()),
        };
        let mut tasks = live::start(projections.clone(), &floor);
        let (tell, serving) = watch::channel(places);
        tasks.spawn(Watcher::of(&floor, projections, moves, tell).watch());
        let keyring = Arc::new(Keyring::new(ground.key.clone(), pool.clone()));
        let reads = LogReads::new(pool, Uuid::nil(), keyring, serving, Arc::clone(clock));
        Self { reads, stopping, _grown: grown, tasks }
    }

    async fn rows<R: Row>(&self, at: Position) -> Result<Vec<R>, ReadError> {
        let reads: &dyn Reads = &self.reads;
        reads.rows(&Select::<R>::first(ALL), at).await
    }

    async fn stop(mut self) {
        self.stopping.send(true).unwrap();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }
}

async fn standing(pool: &PgPool) -> Standing {
    standing_of(pool, "lengths").await
}

async fn standing_of(pool: &PgPool, name: &str) -> Standing {
    standings(pool).await.unwrap().into_iter().find(|standing| standing.name == name).unwrap()
}

async fn serves(pool: &PgPool, version: i32, at: Position) {
    until("the rows of a version", PATIENCE, async || {
        let standing = standing(pool).await;
        ((standing.version, standing.checkpoint) == (version, at)).then_some(())
    })
    .await;
}

/// Every row of the table that the old build wrote.
async fn written(pool: &PgPool) -> Vec<(Uuid, i64, i64, i64)> {
    let sql = "select stream, events, from_position, until_position from lengths_g1 order by stream, from_position";
    sqlx::query_as(sql).fetch_all(pool).await.unwrap()
}

#[tokio::test]
async fn an_old_build_serves_until_the_new_one_has_built_beside_and_is_behind_for_that_table_alone() {
    let mut told = told(61, 40).await;
    let head = told.caught_up().await;
    let pool = told.ground.pool().await;
    let members = || Arc::new(Engine::<Members>::default());
    let of_old: Vec<Arc<dyn Folded>> = vec![Arc::new(Engine::<Old>::default()), members()];
    let old = Build::start(&told.ground, &told.clock, of_old).await;
    serves(&pool, 1, head).await;
    let lengths = until("the rows of the old build", PATIENCE, async || old.rows::<OldRow>(head).await.ok()).await;
    assert_eq!(lengths.iter().map(|row| row.1).sum::<i64>(), head.0.cast_signed());

    // Nobody asks for it: the new one builds beside, and takes over from the old one that is still there.
    let of_new: Vec<Arc<dyn Folded>> = vec![Arc::new(Engine::<New>::default()), members()];
    let new = Build::start(&told.ground, &told.clock, of_new).await;
    serves(&pool, 2, head).await;
    let rows = until("the rows of the new build", PATIENCE, async || new.rows::<NewRow>(head).await.ok()).await;
    assert_eq!(rows.iter().map(|row| (row.0, row.1)).collect::<Vec<_>>(), pairs(&lengths));
    assert_eq!(rows.iter().map(|row| row.2).max(), Some(head.0.cast_signed()));
    let fenced = written(&pool).await;

    told.story.go_on(&*told.app.commands, 20).await;
    let later = told.caught_up().await;
    serves(&pool, 2, later).await;
    until("the old build's word", PATIENCE, async || {
        matches!(old.rows::<OldRow>(later).await, Err(ReadError::Behind { reached: Position(0), .. })).then_some(())
    })
    .await;
    let members = until("the other table", PATIENCE, async || old.rows::<MemberRow>(later).await.ok()).await;
    assert_eq!(members, told.app.reads.rows(&Select::<MemberRow>::first(ALL), later).await.unwrap());
    let sum: i64 = new.rows::<NewRow>(later).await.unwrap().iter().map(|row| row.1).sum();
    assert_eq!(sum, later.0.cast_signed());
    assert_eq!(log(&*told.app.reads).await.len() as u64, later.0);
    assert_eq!(written(&pool).await, fenced, "the old build writes nothing more");
    let standing = standing(&pool).await;
    assert_eq!((standing.version, standing.generation), (2, 2));
    let compared: Option<i64> = sqlx::query_scalar("select differing from projection_switches where name = 'lengths'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(compared, None, "rows of two versions are not compared");

    old.stop().await;
    new.stop().await;
    told.app.stop().await;
}

fn pairs(rows: &[OldRow]) -> Vec<(Uuid, i64)> {
    rows.iter().map(|row| (row.0, row.1)).collect()
}

/// The members of a build that folds them otherwise, into rows with the same columns.
struct NextMembers;

impl Projection for NextMembers {
    const NAME: &'static str = Members::NAME;
    const VERSION: u32 = Members::VERSION + 1;
    type Row = MemberRow;
    type Change = <Members as Projection>::Change;

    fn changes(fact: &Fact) -> Vec<(MemberKey, Self::Change)> {
        Members::changes(fact)
    }

    fn apply(row: Option<MemberRow>, key: &MemberKey, change: &Self::Change) -> Option<MemberRow> {
        Members::apply(row, key, change)
    }
}

/// The roster a member at a time, as of what a story had recorded at the least.
struct Pages {
    api: Api,
    head: Position,
}

impl Pages {
    /// The page after a cursor: `, after: "…"`, or nothing for the first one.
    async fn page(&self, after: &str) -> Value {
        let head = self.head;
        let query = format!(
            "{{ members(first: 1, atLeast: \"{head}\"{after}) {{ nodes {{ id }} pageInfo {{ endCursor }} }} }}"
        );
        self.api.ask(&query, Value::Null).await.unwrap()
    }
}

/// Where the page ends, for the next one.
fn after(page: &Value) -> String {
    format!(", after: {}", page["data"]["members"]["pageInfo"]["endCursor"])
}

/// A server with a story, and its pages.
async fn paged(seed: u64, clock: &Arc<Clock>) -> (Server, Pages) {
    let mut server = Server::over(Ground::fresh().await, Arc::clone(clock)).await;
    let mut story = Story::of(seed, Arc::clone(clock));
    story.found(&*server.app.commands).await;
    story.go_on(&*server.app.commands, 40).await;
    let api = Api::at(&server.open(SignIn::Development).await);
    let head = server.app.reads.head().await.unwrap().position;
    (server, Pages { api, head })
}

#[tokio::test]
async fn a_cursor_of_before_another_version_began_to_serve_is_refused_and_one_of_after_it_is_not() {
    let clock = Arc::new(Clock::simulated(first_day()));
    let (server, pages) = paged(62, &clock).await;
    let page = async |after: &str| pages.page(after).await;
    let code = |page: &Value| page["errors"][0]["extensions"]["code"].as_str().map(str::to_owned);
    let first = page("").await;
    let second = page(&after(&first)).await;
    assert!(code(&second).is_none() && second["data"]["members"]["nodes"][0]["id"].is_string(), "{second}");

    // A newer build beside: its rows take over, and the older program reads them, as their columns are its own.
    let next: Vec<Arc<dyn Folded>> = vec![Arc::new(Engine::<NextMembers>::default())];
    let newer = Build::start(&server.ground, &clock, next).await;
    until("the refusal", PATIENCE, async || {
        (code(&page(&after(&first)).await).as_deref() == Some("page.fold_changed")).then_some(())
    })
    .await;
    let standing = standing_of(&server.app.pool, Members::NAME).await;
    assert_eq!((standing.version, standing.generation), (Members::VERSION as i32 + 1, 2));
    let again = page("").await;
    assert_eq!(again["data"]["members"]["nodes"], first["data"]["members"]["nodes"]);
    assert_eq!(page(&after(&again)).await["data"]["members"]["nodes"], second["data"]["members"]["nodes"]);
    newer.stop().await;
    server.stop().await;
}

#[tokio::test]
async fn a_page_that_goes_on_while_another_version_begins_to_serve_is_refused() {
    let clock = Arc::new(Clock::simulated(first_day()));
    let (server, pages) = paged(65, &clock).await;
    let page = async |after: &str| pages.page(after).await;
    let first = page("").await;
    let after = after(&first);
    let pool = server.ground.pool().await;
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("lock table members_g1 in access exclusive mode").execute(&mut *holder).await.unwrap();
    let switched = async {
        until("the page reads its rows", PATIENCE, async || {
            let waiting = "select count(*) from pg_stat_activity where datname = current_database() and \
                           wait_event_type = 'Lock' and query like 'select%members_g1%'";
            (sqlx::query_scalar::<_, i64>(waiting).fetch_one(&pool).await.unwrap() > 0).then_some(())
        })
        .await;
        let raised = "update projections set version = version + 1 where name = 'members'";
        sqlx::query(raised).execute(&pool).await.unwrap();
        until("the program's look", PATIENCE, async || {
            (server.app.reads.versions()["members"] == Members::VERSION.cast_signed() + 1).then_some(())
        })
        .await;
        holder.commit().await.unwrap();
    };
    let (answered, ()) = tokio::join!(page(&after), switched);
    assert_eq!(answered["errors"][0]["extensions"]["code"], "page.fold_changed", "{answered}");
    assert_eq!(page("").await["data"]["members"]["nodes"], first["data"]["members"]["nodes"]);
    server.stop().await;
}

/// Begins a build as the program of that version does.
async fn begun<P: Projection>(connection: &mut PgConnection) -> Box<dyn Part> {
    Engine::<P>::default().part(connection).await.unwrap()
}

/// Folds a build event by event, and lets it serve.
async fn finished(mut part: Box<dyn Part>, connection: &mut PgConnection) -> Result<Position, FoldError> {
    part.begin_anew(connection).await?;
    part.finish(connection, &Quiet).await
}

async fn tables(pool: &PgPool) -> Vec<String> {
    let sql = "select tablename::text from pg_tables where tablename like 'lengths\\_g%' order by 1";
    sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
}

async fn lapsed(pool: &PgPool, generation: i64) {
    let sql = "update projection_builds set lease_until = now() - interval '1 second' where name = 'lengths' and generation = $1";
    assert_eq!(sqlx::query(sql).bind(generation).execute(pool).await.unwrap().rows_affected(), 1);
}

#[tokio::test]
async fn two_versions_are_built_beside_each_other_and_neither_drops_what_the_other_is_at() {
    let told = told(62, 40).await;
    let head = told.caught_up().await;
    let pool = told.ground.pool().await;
    Engine::<Old>::default().register(&pool).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    let second = begun::<New>(&mut connection).await;
    let third = begun::<Newest>(&mut connection).await;
    assert_eq!(tables(&pool).await, ["lengths_g1", "lengths_g2", "lengths_g3"], "what is being built stays");
    assert_eq!(finished(second, &mut connection).await.unwrap(), head);
    assert_eq!((standing(&pool).await.version, standing(&pool).await.generation), (2, 2));
    assert_eq!(finished(third, &mut connection).await.unwrap(), head);
    assert_eq!((standing(&pool).await.version, standing(&pool).await.generation), (3, 3));
    told.app.stop().await;
}

#[tokio::test]
async fn a_build_that_was_cut_off_is_dropped_with_its_claim() {
    let told = told(63, 40).await;
    let head = told.caught_up().await;
    let pool = told.ground.pool().await;
    Engine::<Old>::default().register(&pool).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    let late = begun::<New>(&mut connection).await;
    lapsed(&pool, 2).await;
    let third = begun::<Newest>(&mut connection).await;
    assert_eq!(tables(&pool).await, ["lengths_g1", "lengths_g3"]);
    let known: Vec<i64> = sqlx::query_scalar("select generation from projection_builds where name = 'lengths'")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(known, [3], "nobody goes on with a table that is gone");
    assert!(finished(late, &mut connection).await.is_err());
    assert_eq!(finished(third, &mut connection).await.unwrap(), head);
    told.app.stop().await;
}

#[tokio::test]
async fn an_older_build_does_not_take_the_place_of_newer_rows() {
    let told = told(64, 40).await;
    let head = told.caught_up().await;
    let pool = told.ground.pool().await;
    Engine::<Old>::default().register(&pool).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    let newest = begun::<Newest>(&mut connection).await;
    let older = begun::<New>(&mut connection).await;
    assert!(older.build().generation > newest.build().generation, "its number is the later one");
    assert_eq!(finished(newest, &mut connection).await.unwrap(), head);
    let overtaken = finished(older, &mut connection).await;
    assert!(matches!(overtaken, Err(FoldError::Fenced { projection: "lengths" })), "{overtaken:?}");
    let refused = Engine::<New>::default().part(&mut connection).await.err();
    assert!(
        matches!(refused, Some(FoldError::OtherVersion { projection: "lengths", serving: 3, ours: 2 })),
        "{refused:?}"
    );
    let standing = standing(&pool).await;
    assert_eq!((standing.version, standing.generation, standing.checkpoint), (3, 2, head));
    told.app.stop().await;
}

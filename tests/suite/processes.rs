//! Several programs as processes over one database: killed, stopped in their tracks, their PostgreSQL started anew.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use harness::audit::{audit, recorded};
use harness::client::{Answered, Api};
use harness::feed::Feed;
use harness::own::{Own, SUPERUSER, Served, serve};
use harness::program::run;
use harness::wait::until;
use infra::fold::{lease, live, registry};
use infra::postgres::APP_ROLE;
use serde_json::{Value, json};
use sqlx::PgPool;

const PATIENCE: Duration = Duration::from_secs(60);

fn serving(own: &Own) -> Served {
    serve(own.data.path(), &["--database-url", &own.url(APP_ROLE, "sanping")])
}

/// What was acknowledged: the input of each registration, and its position.
#[derive(Default)]
pub struct Book {
    branch: String,
    kept: BTreeMap<String, (Value, u64)>,
}

impl Book {
    pub async fn open(api: &Api) -> Self {
        let input = json!({ "commandId": "root", "kind": "COMMITTEE", "name": "市分公司党委", "on": "2020-01-01" });
        let branch = api.send("establishBranch", input).await.unwrap().id;
        Self { branch, kept: BTreeMap::new() }
    }

    /// Registers somebody, sent until it is accepted, and reads them back where the command was accepted.
    pub async fn register(&mut self, api: &Api) {
        let command = format!("member-{}", self.kept.len());
        let input = json!({
            "commandId": command, "branch": self.branch, "staffNumber": format!("S{}", self.kept.len()), "name": "试一",
            "post": "STAFF", "on": "2022-01-04",
        });
        let accepted = until("an accepted command", PATIENCE, async || sent(api, &input).await).await;
        let position = accepted.position.unwrap();
        self.kept.insert(command, (input, position));
        let query = format!("{{ members(atLeast: \"{position}\") {{ totalCount }} }}");
        let count = until("the folds", PATIENCE, async || {
            let answer = api.ask(&query, json!({})).await.ok()?;
            answer["data"]["members"]["totalCount"].as_u64()
        });
        assert_eq!(count.await, self.kept.len() as u64);
    }

    /// Every one is answered as before, the log is whole, and the folds are right.
    pub async fn hold(&self, api: &Api, data: &Path, url: &str) {
        for (command, (input, position)) in &self.kept {
            let again = sent(api, input).await.unwrap();
            assert!(again.replayed && again.position == Some(*position), "{command} at {position}: {again:?}");
        }
        let pool = PgPool::connect(url).await.unwrap();
        let ids: Vec<String> = self.kept.keys().cloned().chain(["root".to_owned()]).collect();
        audit(&pool, &recorded(&pool, &ids).await).await;
        pool.close().await;
        let verified = run(data, &["--database-url", url, "projections", "verify"]);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }
}

/// Nothing where it was not answered; what was accepted after all is replayed when it is sent again.
async fn sent(api: &Api, input: &Value) -> Option<Answered> {
    let query = "mutation($input: RegisterMemberInput!) { registerMember(input: $input) { position of replayed } }";
    let asked = api.ask(query, json!({ "input": input }));
    let answer = tokio::time::timeout(Duration::from_secs(40), asked).await.ok()?.ok()?;
    let done = &answer["data"]["registerMember"];
    let position = done["position"].as_str()?.parse().ok();
    let id = done["of"].as_str()?.to_owned();
    Some(Answered { position, id, replayed: done["replayed"].as_bool()?, refused: None })
}

/// The database's clock, in seconds.
const NOW: &str = "select extract(epoch from clock_timestamp())::float8";

/// Whoever lives has every lease within the time that is promised, by the database's clock.
async fn taken_over(pool: &PgPool, since: f64) {
    let mut taken: BTreeMap<String, f64> = BTreeMap::new();
    until("the takeover", PATIENCE, async || {
        let sql = "select name, extract(epoch from lease_until)::float8 - $1 - $2 from projections \
                   where extract(epoch from lease_until)::float8 - $1 > $2";
        let leases = sqlx::query_as(sql).bind(lease::TERM.as_secs_f64()).bind(since).fetch_all(pool).await;
        // When each was first seen: it is prolonged from then on.
        leases.unwrap().into_iter().for_each(|(name, after)| _ = taken.entry(name).or_insert(after));
        (taken.len() == registry::all().len()).then_some(())
    })
    .await;
    assert!(taken.values().all(|after| *after <= live::TAKEN_OVER.as_secs_f64()), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_go_on_when_one_is_killed_and_another_stands_still() {
    let own = Own::with("sanping").await;
    let (killed, stopped, stays) = (serving(&own), serving(&own), serving(&own));
    let mut book = Book::open(&killed.api).await;
    for served in [&killed, &stopped, &stays] {
        book.register(&served.api).await;
    }
    let pool = PgPool::connect(&own.url(APP_ROLE, "sanping")).await.unwrap();
    let since: f64 = sqlx::query_scalar(NOW).fetch_one(&pool).await.unwrap();
    killed.program.kill();
    taken_over(&pool, since).await;
    pool.close().await;
    book.register(&stays.api).await;
    book.register(&stopped.api).await;

    // Whatever it holds at this moment, others take it from it.
    stopped.program.signal("-STOP");
    for _ in 0..3 {
        book.register(&stays.api).await;
    }
    stopped.program.signal("-CONT");
    book.register(&stopped.api).await;
    let back = serving(&own);
    book.register(&back.api).await;
    stays.program.stop();
    book.register(&back.api).await;
    book.hold(&stopped.api, own.data.path(), &own.url(APP_ROLE, "sanping")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_heal_when_their_postgresql_is_started_anew() {
    let mut own = Own::with("sanping").await;
    let (one, other) = (serving(&own), serving(&own));
    let mut book = Book::open(&one.api).await;
    let mut feed = Feed::open(&one.address, None).await;
    let id = feed
        .subscribe("subscription { auditTrail(after: \"0\", filter: { type: \"member_registered\" }) { commandId } }");
    let id = id.await;
    book.register(&one.api).await;
    assert_eq!(feed.next_of(&id).await["auditTrail"]["commandId"], "member-0");

    own.restart().await;
    book.register(&other.api).await;
    assert_eq!(feed.next_of(&id).await["auditTrail"]["commandId"], "member-1", "who follows is told, once");
    book.register(&one.api).await;
    assert_eq!(feed.next_of(&id).await["auditTrail"]["commandId"], "member-2");
    book.hold(&one.api, own.data.path(), &own.url(APP_ROLE, "sanping")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_listener_listens_again_and_no_session_is_left_over() {
    let own = Own::with("sanping").await;
    let (one, other) = (serving(&own), serving(&own));
    let mut book = Book::open(&one.api).await;
    book.register(&one.api).await;
    let superuser = PgPool::connect(&own.url(SUPERUSER, "sanping")).await.unwrap();
    let listening = "select coalesce(array_agg(pid order by pid), '{}') from pg_stat_activity \
                     where usename = 'sanping_app' and query like 'LISTEN %'";
    let listeners = async || -> Vec<i32> { sqlx::query_scalar(listening).fetch_one(&superuser).await.unwrap() };
    let both = async || {
        let pids = listeners().await;
        (pids.len() == 2).then_some(pids)
    };
    let before = until("both listen", PATIENCE, both).await;
    let ended: Vec<bool> = sqlx::query_scalar("select pg_terminate_backend(pid) from unnest($1::int[]) as l(pid)")
        .bind(&before)
        .fetch_all(&superuser)
        .await
        .unwrap();
    assert_eq!(ended, [true, true]);
    book.register(&other.api).await;
    book.register(&one.api).await;
    let again = async || both().await.filter(|pids| pids.iter().all(|pid| !before.contains(pid)));
    until("both listen again", PATIENCE, again).await;
    superuser.close().await;
    book.hold(&one.api, own.data.path(), &own.url(APP_ROLE, "sanping")).await;
}

//! Records are kept in order, dense and whole, however many write at once; and what is denied in a flood takes few.

use std::sync::Arc;

use futures_util::future::join_all;
use graphql::ports::{LookFilter, RecordedLook};
use harness::ground::Ground;
use infra::api;
use infra::clock::Clock;
use jiff::Timestamp;
use projections::select::Order;
use projections::words::SubjectKind;
use serde_json::{Value, json};
use uuid::Uuid;

use graphql::viewer::{Role, SignedIn, Viewer};
use harness::client::Api;

use super::{denied, look, of_every_form, verified};

#[tokio::test]
async fn looks_are_kept_in_order_and_found_by_subject_and_viewer_page_by_page() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let all = of_every_form();
    for look in &all {
        app.reads.record(std::slice::from_ref(look)).await.unwrap();
    }
    let of = async |filter: &LookFilter, order: Order, after: Option<i64>, limit: usize| -> Vec<i64> {
        let found = app.reads.looks(filter, order, after, limit).await.unwrap();
        found.iter().map(|look| look.number).collect()
    };
    let anything = LookFilter::default();
    assert_eq!(of(&anything, Order::Ascending, None, 9).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(of(&anything, Order::Ascending, Some(2), 2).await, [3, 4]);
    assert_eq!(of(&anything, Order::Descending, None, 2).await, [6, 5]);
    assert_eq!(of(&anything, Order::Descending, Some(2), 9).await, [1]);
    let subject = |kind, id: u128| LookFilter { subject: Some((kind, Uuid::from_u128(id))), ..LookFilter::default() };
    assert_eq!(of(&subject(SubjectKind::Member, 7), Order::Ascending, None, 9).await, [1, 2, 4]);
    assert_eq!(of(&subject(SubjectKind::Round, 7), Order::Ascending, None, 9).await, [0; 0]);
    let by = LookFilter { viewer: Some("office".to_owned()), what: Some("texts".to_owned()), ..anything.clone() };
    assert_eq!(of(&by, Order::Ascending, None, 9).await, [2]);
    let refused = LookFilter { denied: Some(true), ..LookFilter::default() };
    assert_eq!(of(&refused, Order::Ascending, None, 9).await, [4, 5]);
    let told: Vec<RecordedLook> = app.reads.looks(&anything, Order::Ascending, None, 9).await.unwrap();
    for (told, given) in told.iter().zip(&all) {
        assert_eq!((&told.viewer, told.what.as_str(), told.kind), (&given.viewer, given.what, given.kind));
        assert_eq!((&told.subjects, told.position, &told.why), (&given.subjects, given.position, &given.why));
        assert_eq!(told.denied, given.denied.then_some(1));
    }
    let then = LookFilter { from: Some(told[0].at), until: Some(told[0].at), ..LookFilter::default() };
    assert_eq!(of(&then, Order::Ascending, None, 9).await, [0; 0], "from is in it, until is not");
    app.stop().await;
}

#[tokio::test]
async fn two_programs_that_record_at_once_make_one_dense_chain() {
    let ground = Ground::fresh().await;
    let (one, other) = tokio::join!(ground.app(), ground.app());
    let looks: Vec<_> = (0..200_u128).map(|number| look("office", "results", &[number])).collect();
    let recorded = looks.iter().enumerate().map(|(number, look)| {
        let app = if number % 2 == 0 { &one } else { &other };
        app.reads.record(std::slice::from_ref(look))
    });
    assert!(join_all(recorded).await.into_iter().all(|done| done.is_ok()));
    let pool = ground.pool().await;
    let found = verified(&pool, &[]).await;
    assert_eq!((found.entries, found.found), (200, None));
    let (transactions, distinct): (i64, i64) =
        sqlx::query_as("select count(distinct xmin::text), count(distinct subjects) from reads")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(distinct, 200, "each is there once");
    assert!(transactions < 100, "what waits is recorded together: {transactions} transactions");
    let back: i64 = sqlx::query_scalar(
        "select count(*) from reads one join reads next on next.number = one.number + 1 where next.at < one.at",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(back, 0, "the time never goes back");
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_clock_that_goes_back_does_not_take_the_records_back() {
    let ground = Ground::fresh().await;
    let (late, early): (Timestamp, Timestamp) =
        ("2026-05-01T00:00:00Z".parse().unwrap(), "2026-04-01T00:00:00Z".parse().unwrap());
    for at in [late, early] {
        let app = ground.app_at(Arc::new(Clock::simulated(at))).await;
        app.reads.record(&[look("office", "results", &[1])]).await.unwrap();
        let told = app.reads.looks(&LookFilter::default(), Order::Descending, None, 1).await.unwrap();
        assert_eq!(told[0].at, late);
        app.stop().await;
    }
}

fn robot() -> SignedIn {
    let id = domain::id::ActorId("robot".to_owned());
    SignedIn::Told(Viewer::holding(id, [Role::Integration], None, None))
}

const TRIED: &str = "{ auditTrail { position } }";

#[tokio::test]
async fn a_flood_of_what_is_denied_takes_few_records() {
    let ground = Ground::fresh().await;
    let app = ground.app_at(Arc::new(Clock::simulated("2026-05-01T00:00:00Z".parse().unwrap()))).await;
    let robot = Api::within(api::build(&app, true), robot());
    for _ in 0..130 {
        let answer = robot.ask(TRIED, json!({})).await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "policy.denied");
    }
    let told = app.reads.looks(&LookFilter::default(), Order::Ascending, None, 999).await.unwrap();
    let tries: Vec<Option<i64>> = told.iter().map(|look| look.denied).collect();
    let expected: Vec<Option<i64>> = (1..=20).chain([100]).map(Some).collect();
    assert_eq!(tries, expected);
    assert!(told.iter().all(|look| (look.viewer.0.as_str(), look.what.as_str()) == ("robot", "see_trail")));
    // Others are not held back by it.
    app.reads.record(&[denied("other", "see_trail", &[])]).await.unwrap();
    assert_eq!(verified(&ground.pool().await, &[]).await.entries, 22);
    app.stop().await;
}

#[tokio::test]
async fn where_the_database_takes_no_record_nothing_is_answered() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let auditor = domain::id::ActorId("auditor".to_owned());
    let auditor = SignedIn::Told(Viewer::holding(auditor, [Role::Auditor], None, None));
    let auditor = Api::within(api::build(&app, true), auditor);
    let robot = Api::within(api::build(&app, true), robot());
    let asked = "{ recordedReads { nodes { what } } }";
    let owner = ground.owner().await;
    sqlx::query("revoke insert on reads from sanping_app").execute(&owner).await.unwrap();
    for (api, asked) in [(&auditor, asked), (&robot, TRIED)] {
        let answer = api.ask(asked, json!({})).await.unwrap();
        assert_eq!((&answer["data"], &answer["errors"][0]["extensions"]["code"]), (&Value::Null, &json!("internal")));
    }
    assert_eq!(verified(&ground.pool().await, &[]).await.entries, 0);
    sqlx::query("grant insert on reads to sanping_app").execute(&owner).await.unwrap();
    assert_eq!(auditor.ask(asked, json!({})).await.unwrap()["data"]["recordedReads"]["nodes"], json!([]));
    assert_eq!(robot.ask(TRIED, json!({})).await.unwrap()["errors"][0]["extensions"]["code"], "policy.denied");
    let told = auditor.ask(asked, json!({})).await.unwrap();
    assert_eq!(told["data"]["recordedReads"]["nodes"], json!([{ "what": "reads" }, { "what": "see_trail" }]));
    app.stop().await;
}

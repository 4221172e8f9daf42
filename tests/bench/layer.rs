//! What the layer of GraphQL costs: a page of a board, a page of the trail and a mutation over HTTP, beside a bare handler of
//! axum that reads and sends the same through the same ports, and says the same fields.
//!
//! Both are asked by the same client on the same two cores, in turns, as the whole office of the development sign-in: an API
//! key costs a look-up and two reads more on either.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::branch::RankedBy;
use domain::id::{BadgeCheckId, MemberId};
use domain::ledger::Direction;
use domain::member::MemberCommand;
use domain::stream::StreamKind;
use domain::world::Command;
use graphql::ports::{Commands, Failure as Accident, Moment, Reads, typed};
use harness::client::Api;
use harness::speak::{DAY, office};
use infra::auth::SignIn;
use infra::http::{self, Doors};
use infra::postgres::Cluster;
use projections::audit_trail::AuditRow;
use projections::cell::{Cell, ColumnType};
use projections::leaderboard::{Board, Ties};
use projections::metrics::MetricRow;
use projections::select::{Condition, Order, Select};
use projections::standings::StandingRow;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::Failure;
use crate::ours::Ours;
use crate::rate::Rate;
use crate::table::Table;

const IN_FLIGHT: usize = 64;
/// How often each is measured, in turns.
const ROUNDS: usize = 3;
const PAGE: usize = 20;
const METRIC: &str = "bench_premium";

/// The suite asks them too, so that they go with the schema.
const BOARD: &str = include_str!("layer/board.graphql");
const TRAIL: &str = include_str!("layer/trail.graphql");

/// Measures the three.
pub async fn measure(cluster: &Cluster) -> Result<Table, Failure> {
    let ours = Ours::start(cluster, "bench_layer").await?;
    let mut serving = JoinSet::new();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let graphql = format!("http://{}", listener.local_addr()?);
    serving.spawn(http::run(listener, Doors::of(&ours.app, SignIn::Development), std::future::pending::<()>()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let bare = format!("http://{}", listener.local_addr()?);
    let app = bare_app(&ours);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let (graphql, bare) = (Api::at(&graphql), Api::at(&bare));
    results(&graphql, &ours.members()).await?;
    ours.caught_up().await?;
    let mut table = Table::new(
        "GraphQL beside a bare handler that reads and sends the same, 64 in flight",
        &["what", "GraphQL /s", "p99 ms", "bare /s", "p99 ms", "GraphQL : bare"],
    );
    for what in ["a page of a board", "a page of the trail", "a mutation"] {
        let (mut layered, mut plain) = (vec![], vec![]);
        for round in 0..ROUNDS {
            layered.push(asked(&graphql, what, round, &ours.members(), through).await?);
            ours.caught_up().await?;
            plain.push(asked(&bare, what, round, &ours.members(), past).await?);
            ours.caught_up().await?;
        }
        let (layered, plain) = (Rate::in_turn(&layered), Rate::in_turn(&plain));
        table.row(vec![
            what.to_owned(),
            layered.per_second().to_string(),
            layered.p99_millis(),
            plain.per_second().to_string(),
            plain.p99_millis(),
            layered.ratio(&plain),
        ]);
        table.bar_ratio(&format!("{what} through GraphQL: ≥ 0.70 of a bare handler"), &layered, &plain, 70);
    }
    serving.shutdown().await;
    ours.stop().await;
    Ok(table)
}

/// A result of each member, so that there is a board.
async fn results(api: &Api, members: &Arc<Vec<MemberId>>) -> Result<(), Failure> {
    let metric = json!({
        "code": METRIC, "name": "新增保费", "unit": "YUAN", "direction": "HIGHER_IS_BETTER", "aggregation": "SUM",
        "grain": "MONTH", "subjects": "BOTH",
    });
    accepted(&api.send("defineMetric", metric).await?)?;
    let mut tasks = JoinSet::new();
    for (number, member) in members.iter().enumerate() {
        let (api, member) = (api.clone(), *member);
        tasks.spawn(async move {
            let value = format!("{}.00", number * 7_919 % 10_007);
            let result = json!({
                "member": member.to_string(), "metric": METRIC, "period": { "month": { "year": 2022, "month": 6 } },
                "value": value,
            });
            accepted(&api.send("reportMemberResult", result).await?)
        });
    }
    while let Some(reported) = tasks.join_next().await {
        reported??;
    }
    Ok(())
}

fn accepted(answered: &harness::client::Answered) -> Result<(), Failure> {
    match &answered.refused {
        Some(code) => Err(format!("refused: {code}").into()),
        None => Ok(()),
    }
}

type Way = fn(Api, &'static str, String, MemberId) -> futures_util::future::BoxFuture<'static, Result<(), Failure>>;

async fn asked(
    api: &Api,
    what: &'static str,
    round: usize,
    members: &Arc<Vec<MemberId>>,
    way: Way,
) -> Result<Rate, Failure> {
    let (api, members) = (api.clone(), Arc::clone(members));
    Rate::of(IN_FLIGHT, move |number| {
        let member = members[usize::try_from(number).unwrap_or_default() % members.len()];
        way(api.clone(), what, format!("layer-{round}-{number}"), member)
    })
    .await
}

/// Through GraphQL.
fn through(
    api: Api,
    what: &'static str,
    command: String,
    member: MemberId,
) -> futures_util::future::BoxFuture<'static, Result<(), Failure>> {
    Box::pin(async move {
        match what {
            "a page of a board" => edges(&api.data(BOARD, json!({ "metric": METRIC })).await?["leaderboard"]),
            "a page of the trail" => edges(&api.data(TRAIL, json!({})).await?["auditTrail"]),
            _mutation => accepted(&api.send("checkBadge", check(&command, member)).await?),
        }
    })
}

/// Past it.
fn past(
    api: Api,
    what: &'static str,
    command: String,
    member: MemberId,
) -> futures_util::future::BoxFuture<'static, Result<(), Failure>> {
    Box::pin(async move {
        let (status, text) = match what {
            "a page of a board" => api.get("/board", &[]).await?,
            "a page of the trail" => api.get("/trail", &[]).await?,
            _mutation => {
                let body = serde_json::to_vec(&check(&format!("bare-{command}"), member))?;
                api.post(&[("content-type", "application/json")], body).await?
            }
        };
        let answer: Value = serde_json::from_str(&text)?;
        match (status, what) {
            (200, "a mutation") => Ok(()),
            (200, _) => edges(&answer),
            _ => Err(format!("{status}: {text}").into()),
        }
    })
}

fn edges(answer: &Value) -> Result<(), Failure> {
    match answer["edges"].as_array().map(Vec::len) {
        Some(PAGE) => Ok(()),
        other => Err(format!("{other:?} rows").into()),
    }
}

fn check(command: &str, member: MemberId) -> Value {
    json!({ "commandId": command, "member": member.to_string(), "on": "2022-03-01", "place": "营业大厅", "worn": true })
}

/// What the bare handlers share.
#[derive(Clone)]
struct Ports {
    reads: Arc<dyn Reads>,
    commands: Arc<dyn Commands>,
}

fn bare_app(ours: &Ours) -> Router {
    let ports = Ports { reads: Arc::clone(&ours.app.reads), commands: Arc::clone(&ours.app.commands) };
    Router::new()
        .route("/board", get(board))
        .route("/trail", get(trail))
        .route("/graphql", post(command))
        .with_state(ports)
}

type Answer = Result<Json<Value>, (StatusCode, String)>;

fn failed(error: impl Into<Accident>) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, error.into().to_string())
}

async fn board(State(ports): State<Ports>) -> Answer {
    let at = ports.reads.pin(None, None).await.map_err(failed)?;
    let known = Select::<MetricRow>::first(1).only(Condition::Equals("code", Cell::Text(METRIC.to_owned())));
    ports.reads.rows(&known, at.position).await.map_err(failed)?;
    let board = Board {
        subjects: StreamKind::Member,
        metric: METRIC.parse().map_err(|_| failed("a code"))?,
        period: "2022".parse().map_err(|_| failed("a year"))?,
        ranked_by: RankedBy::Value,
        direction: Direction::HigherIsBetter,
        ties: Ties::Shared,
        within: None,
    };
    let rows = ports.reads.board(&board, at.position, None, PAGE + 1).await.map_err(failed)?;
    let more = rows.len() > PAGE;
    let mut edges = Vec::with_capacity(PAGE);
    for (rank, cells) in rows.into_iter().take(PAGE) {
        let row: StandingRow = typed(cells).map_err(failed)?;
        let place = board.place(&row).ok_or_else(|| failed("a place"))?;
        let cursor = format!("{}:{}", place.number, place.subject);
        let node = json!({ "rank": rank, "score": place.number, "subject": { "id": place.subject } });
        edges.push(json!({ "cursor": cursor, "node": node }));
    }
    Ok(Json(page(at, edges, more)))
}

async fn trail(State(ports): State<Ports>) -> Answer {
    let at = ports.reads.pin(None, None).await.map_err(failed)?;
    // As the trail reads: a portion of primary rows, then the events of the page.
    let first = Select::<AuditRow>::first(256).only(Condition::Equals("is_primary", true.to_cell()));
    let rows = ports.reads.rows(&first.by("position", Order::Ascending), at.position).await.map_err(failed)?;
    let more = rows.len() > PAGE;
    let positions = rows.iter().take(PAGE + 1).map(|row| Cell::Int(row.position)).collect();
    let events = Select::<AuditRow>::first(PAGE + 1)
        .only(Condition::Equals("is_primary", true.to_cell()))
        .only(Condition::OneOf("position", positions));
    let rows = ports.reads.rows(&events, at.position).await.map_err(failed)?;
    let edge = |row: AuditRow| {
        json!({
            "cursor": row.position.to_string(),
            "node": {
                "position": row.position.to_string(), "type": row.event_type, "recordedAt": row.at.to_string(),
                "actor": row.actor.0, "commandId": row.command,
            },
        })
    };
    Ok(Json(page(at, rows.into_iter().take(PAGE).map(edge).collect(), more)))
}

fn page(at: Moment, edges: Vec<Value>, more: bool) -> Value {
    let end = edges.last().map(|edge| edge["cursor"].clone());
    json!({
        "position": at.position.to_string(), "edges": edges,
        "pageInfo": { "hasNextPage": more, "endCursor": end },
    })
}

async fn command(State(ports): State<Ports>, Json(input): Json<Value>) -> Answer {
    let text = |name: &str| input[name].as_str().ok_or_else(|| failed(format!("{name} is missing")));
    let asker = office(text("commandId")?);
    let member = MemberId(text("member")?.parse().map_err(failed)?);
    let place = ports.commands.seal(&asker, member.0, "place", text("place")?).await.map_err(failed)?;
    let check = BadgeCheckId(ports.commands.mint(&asker, "check"));
    let command = Command::Member(member, MemberCommand::CheckBadge { check, on: DAY, place, worn: true });
    let accepted = ports.commands.send(&asker, command, None).await.map_err(failed)?;
    Ok(Json(json!({ "position": accepted.position.to_string(), "id": check.0 })))
}

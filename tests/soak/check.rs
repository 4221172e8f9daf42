//! What must hold at the end. Each check is tried on something that does not hold, too: `tried`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use harness::client::Api;
use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor, Row};

use crate::Failure;
use crate::moments::{Answered, are_the_same};
use crate::place::Ground;
use crate::writers::{Acknowledged, asked};

/// How many acknowledged commands are sent again at the end.
const SENT_AGAIN: usize = 500;

/// Each row of each statement is something that does not hold, in words.
const NEVER: [&str; 6] = [
    "select format('the log has %s events, from %s to %s, and its head says %s', count(*), min(e.position), max(e.position), \
     max(h.position)) from log_head h left join events e on true \
     having count(e.position) <> max(h.position) or max(e.position) <> max(h.position) or min(e.position) <> 1",
    "select format('%s of %s stands at %s after %s', sequence, aggregate_id, position, before) from (select *, \
     lag(sequence, 1, 0) over (partition by aggregate_type, aggregate_id order by position) as before from events) e \
     where sequence <> before + 1",
    "select format('%s was recorded before the one before it', position) from (select position, recorded_at, \
     lag(recorded_at) over (order by position) as before from events) e where recorded_at < before",
    "select format('%s of %s has %s events from %s to %s, and its outcome says %s up to %s', coalesce(c.command_id, e.id), \
     coalesce(c.principal, e.actor), e.events, e.first, e.last, c.events, c.position) \
     from (select metadata ->> 'actor' as actor, metadata ->> 'command_id' as id, count(*) as events, \
     min(position) as first, max(position) as last from events group by 1, 2) e \
     full join (select * from commands where events > 0) c on c.principal = e.actor and c.command_id = e.id \
     where e.events is distinct from c.events or e.last is distinct from c.position or e.last - e.first + 1 <> e.events",
    "select format('%s events have the salt of another one', count(*) - count(distinct salt)) from events \
     having count(*) <> count(distinct salt)",
    "select format('%s is registered without a record, or has one without', coalesce(e.id, p.member::text)) \
     from (select aggregate_id as id from events where event_type = 'member_registered') e \
     full join people p on p.member::text = e.id where e.id is null or p.member is null",
];

/// Whether the log is dense, in order, whole, and of the outcomes it says.
///
/// # Errors
/// The first thing that does not hold.
pub async fn log(connection: &mut PgConnection) -> Result<(), Failure> {
    for never in NEVER {
        let found: Option<String> = sqlx::query_scalar(never).fetch_optional(&mut *connection).await?;
        if let Some(found) = found {
            return Err(found.into());
        }
    }
    Ok(())
}

/// Whether each acknowledged command is recorded once, at the position answered.
///
/// # Errors
/// The first that is not.
pub async fn acknowledged(
    connection: &mut PgConnection,
    acknowledged: &BTreeMap<String, Acknowledged>,
) -> Result<(), Failure> {
    let rows = sqlx::query("select command_id, position from commands where principal = 'office'")
        .fetch_all(&mut *connection)
        .await?;
    let mut recorded: HashMap<String, Vec<u64>> = HashMap::new();
    for row in rows {
        recorded.entry(row.get(0)).or_default().push(row.get::<i64, _>(1).unsigned_abs());
    }
    for (id, Acknowledged { position, .. }) in acknowledged {
        let found = recorded.get(id).map(Vec::as_slice).unwrap_or_default();
        if found != [*position] {
            return Err(format!("{id} was acknowledged at {position}, and is recorded at {found:?}").into());
        }
    }
    Ok(())
}

/// Whether commands that are sent again are answered with the same position, and append nothing.
///
/// # Errors
/// The first that is not.
pub async fn sent_again(door: &Api, acknowledged: &BTreeMap<String, Acknowledged>) -> Result<(), Failure> {
    let step = (acknowledged.len() / SENT_AGAIN).max(1);
    for (id, sent) in acknowledged.iter().step_by(step) {
        let done = asked(door, sent.mutation, &sent.input).await.unwrap_or_default();
        if done["replayed"] != json!(true) || done["position"] != json!(sent.position.to_string()) {
            return Err(format!("{id} was acknowledged at {}, and now answers {done}", sent.position).into());
        }
    }
    Ok(())
}

/// Whether every projection, or one, is what the log folds to.
///
/// # Errors
/// What `sanping projections verify` says of the others.
pub async fn folds(ground: &Arc<Ground>, name: Option<&'static str>) -> Result<(), Failure> {
    let ground = Arc::clone(ground);
    let verified = tokio::task::spawn_blocking(move || {
        let asked: Vec<&str> = ["projections", "verify"].into_iter().chain(name).collect();
        let arguments = ground.arguments(&asked);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        harness::program::run(ground.folder(), &arguments)
    });
    let output = verified.await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let agree = said.lines().filter(|line| line.contains("rows agree")).count();
    if output.status.success() && agree > 0 && agree == said.lines().count() {
        return Ok(());
    }
    Err(format!("rows differ from the log: {}\n{said}{}", output.status, String::from_utf8_lossy(&output.stderr))
        .into())
}

/// Does what must not be, and sees that it is found: events taken out and put elsewhere, an acknowledgement that never was,
/// a row that was changed.
///
/// # Errors
/// What was not found.
pub async fn tried(
    ground: &Arc<Ground>,
    door: &Api,
    acked: &BTreeMap<String, Acknowledged>,
    answers: &[Answered],
) -> Result<(), Failure> {
    let mut owner: PgConnection = sqlx::ConnectOptions::connect(&ground.endpoints.owner).await?;
    for damage in [
        "delete from events where position = 30",
        "delete from events where position = (select position from log_head)",
        "update events set sequence = sequence + 1000000 where position = 31",
        "update events set recorded_at = 'epoch' where position = 32",
        "update events set salt = (select salt from events where position = 32) where position = 33",
        "update commands set position = position - 1 where position = (select max(position) from commands)",
        "delete from commands where position = (select max(position) from commands)",
        "delete from people where member::text = (select aggregate_id from events where event_type = 'member_registered' limit 1)",
    ] {
        let mut damaged = owner.begin().await?;
        damaged.execute("alter table events disable trigger user; alter table commands disable trigger user").await?;
        damaged.execute(damage).await?;
        let found = log(&mut damaged).await;
        damaged.rollback().await?;
        let Err(found) = found else { return Err(format!("nothing was found after {damage}").into()) };
        eprintln!("{damage}: found, {found}");
    }
    let (id, last) = acked.last_key_value().ok_or("nothing was acknowledged")?;
    let never = Acknowledged { position: last.position + 1, ..last.clone() };
    let never = BTreeMap::from([(id.clone(), never)]);
    expect("an acknowledgement at another position", acknowledged(&mut owner, &never).await)?;
    expect("another answer on sending again", sent_again(door, &never).await)?;
    owner.close().await?;
    let mut app: PgConnection = sqlx::ConnectOptions::connect(&ground.endpoints.app).await?;
    let generation: i64 =
        sqlx::query_scalar("select generation from projections where name = 'members'").fetch_one(&mut app).await?;
    app.execute(
        format!("update members_g{generation} set post = case post when 'cadre' then 'staff' else 'cadre' end")
            .as_str(),
    )
    .await?;
    expect("changed rows of members", folds(ground, Some("members")).await)?;
    expect("answers from changed rows", are_the_same(door, answers).await)?;
    Ok(app.close().await?)
}

fn expect(what: &str, found: Result<(), Failure>) -> Result<(), Failure> {
    match found {
        Ok(()) => Err(format!("{what}: nothing was found").into()),
        Err(found) => {
            let found: String = found.to_string().chars().take(200).collect();
            eprintln!("{what}: found, {found}");
            Ok(())
        }
    }
}

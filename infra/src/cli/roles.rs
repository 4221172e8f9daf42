//! `sanping roles grant | withdraw | list`: roles by the operator, on the database.
//!
//! # Rules
//! - What is decided is an event like any other, with `operator-ID` as its actor; nobody signs in under such an id.
//! - No policy is asked: whoever has the database and the key has more than any role. Everything else is the domain's.
//! - Nobody is granted a role by themselves here either: who decides is not who gets it.

use std::process::ExitCode;
use std::sync::Arc;

use domain::branch::BranchCommand;
use domain::grant::Role;
use domain::id::{ActorId, BranchId, GrantId};
use domain::world::Command;
use graphql::ports::{Accepted, Asker};
use graphql::session::counts_on;
use graphql::tree::Tree;
use jiff::civil::Date;
use projections::branches::BranchRow;
use projections::cell::{Cell, ColumnType};
use projections::grants::GrantRow;
use projections::select::{Condition, Order, Select};
use serde_json::json;

use super::place::open_beside;
use super::serve::folded;
use super::{Failure, say};
use crate::app::App;
use crate::clock::Clock;
use crate::config::{Place, RolesAction};

/// More branches than an organisation has, and more grants than are read in one breath.
const MANY: usize = 100_000;

/// Does it.
///
/// # Errors
/// What is missing or wrong; a rule that is broken.
pub async fn run(place: &Place, action: RolesAction) -> Result<ExitCode, Failure> {
    let opened = open_beside(place, place.allow_owner).await?;
    let app = opened.start(Arc::new(Clock::System)).await?;
    let done = act(&app, action).await;
    app.stop().await;
    opened.close().await?;
    done.map(|()| ExitCode::SUCCESS)
}

async fn act(app: &App, action: RolesAction) -> Result<(), Failure> {
    match action {
        RolesAction::Grant { to, role, branch, from, until, by } => {
            let days = (from.unwrap_or_else(|| today(app)), until);
            grant(app, &by, ActorId(to), role, branch.unwrap_or(BranchId::root()), days).await
        }
        RolesAction::Withdraw { grant, reason, by } => withdraw(app, &by, grant, &reason).await,
        RolesAction::List { of, json } => list(app, of.map(ActorId), json).await,
    }
}

fn today(app: &App) -> Date {
    app.zone.date_at(app.reads.now())
}

/// The operator, under a new command id.
fn operator(app: &App, by: &str) -> Result<Asker, Failure> {
    if !(1..=55).contains(&by.len()) || !by.chars().all(|c| c.is_ascii_graphic()) {
        return Err("--by is 1 to 55 printable ASCII characters without spaces: an id, not a person's name".into());
    }
    let command_id = app.commands.fresh_command_id();
    Ok(Asker { actor: ActorId(format!("operator-{by}")), correlation: command_id.clone(), command_id })
}

async fn grant(
    app: &App,
    by: &str,
    to: ActorId,
    role: Role,
    branch: BranchId,
    (from, until): (Date, Option<Date>),
) -> Result<(), Failure> {
    let asker = operator(app, by)?;
    if to.0 == by {
        return Err(domain::grant::GrantRefusal::Own { principal: to }.into());
    }
    let grant = GrantId(app.commands.mint(&asker, "grant"));
    let said = format!("{to} is {role} {} from {from} {}", of(branch), till(until));
    let command = BranchCommand::GrantRole { grant, to, role, from, until };
    let Accepted { position, .. } = app.commands.send(&asker, Command::Branch(branch, command), None).await?;
    say(&format!("{said}: grant {grant}, recorded at {position}"));
    Ok(())
}

fn of(branch: BranchId) -> String {
    match branch == BranchId::root() {
        true => "of the whole organisation".to_owned(),
        false => format!("of {branch} and what is under it"),
    }
}

fn till(until: Option<Date>) -> String {
    until.map_or_else(|| "without end".to_owned(), |until| format!("to {until}"))
}

async fn withdraw(app: &App, by: &str, grant: GrantId, reason: &str) -> Result<(), Failure> {
    let asker = operator(app, by)?;
    let known = rows(app, Some(Condition::Equals("grant_id", Cell::Uuid(grant.0)))).await?;
    let Some(GrantRow { branch, .. }) = known.into_iter().next() else {
        return Err(domain::grant::GrantRefusal::Unknown { grant }.into());
    };
    let reason = app.commands.seal(&asker, branch.0, "reason", reason).await?;
    let command = BranchCommand::WithdrawRole { grant, reason };
    let Accepted { position, .. } = app.commands.send(&asker, Command::Branch(branch, command), None).await?;
    say(&format!("the grant {grant} is withdrawn, recorded at {position}"));
    Ok(())
}

/// Grants as of the end of the log, the latest first.
async fn rows(app: &App, only: Option<Condition>) -> Result<Vec<GrantRow>, Failure> {
    folded(app).await?;
    let now = app.reads.pin(None, None).await?.position;
    let select = Select::<GrantRow>::first(MANY).by("granted_at", Order::Descending);
    Ok(app.reads.rows(&only.into_iter().fold(select, Select::only), now).await?)
}

async fn list(app: &App, principal: Option<ActorId>, as_json: bool) -> Result<(), Failure> {
    let grants = rows(app, principal.map(|principal| Condition::Equals("principal", principal.to_cell()))).await?;
    let now = app.reads.pin(None, None).await?.position;
    let tree = Tree::of(&app.reads.rows(&Select::<BranchRow>::first(MANY), now).await?);
    let today = today(app);
    if as_json {
        let all: Vec<_> = grants.iter().map(|row| shown(row, state(row, &tree, today))).collect();
        say(&json!({ "position": now.to_string(), "grants": all }).to_string());
        return Ok(());
    }
    for row in &grants {
        let GrantRow { grant_id, principal, role, branch, from_date, until_date, granted_by, .. } = row;
        let (state, whose, until) = (state(row, &tree, today), of(*branch), till(*until_date));
        say(&format!("{grant_id} {principal} {role} {whose}, from {from_date} {until}, by {granted_by}: {state}"));
    }
    Ok(())
}

/// How a grant stands today.
fn state(row: &GrantRow, tree: &Tree, today: Date) -> &'static str {
    let stands = row.branch == BranchId::root() || tree.stands(row.branch);
    match row {
        GrantRow { standing: false, .. } => "withdrawn",
        _standing if !stands => "ended with its branch",
        GrantRow { until_date: Some(until), .. } if *until < today => "over",
        row if counts_on(row, today) => "held",
        _later => "not yet",
    }
}

fn shown(row: &GrantRow, state: &str) -> serde_json::Value {
    json!({
        "grant": row.grant_id, "to": row.principal, "role": row.role, "branch": row.branch, "from": row.from_date,
        "until": row.until_date, "grantedBy": row.granted_by, "grantedAt": row.granted_at.to_string(),
        "withdrawnBy": row.withdrawn_by, "state": state,
    })
}

//! Who read what: a chain of hashes that is dense whoever writes it, told to be broken wherever it was changed, and checked by a
//! program that shares nothing with the one that wrote it.

mod broken;
mod carried;
mod chained;
mod checked;

use domain::id::ActorId;
use domain::stream::Position;
use graphql::ports::Look;
use graphql::purpose::Why;
use harness::ground::Ground;
use infra::looks::verify::{self, Noted, Verified};
use projections::words::SubjectKind;
use sqlx::PgPool;
use uuid::Uuid;

/// Somebody looks at members.
fn look(viewer: &str, what: &'static str, subjects: &[u128]) -> Look {
    let subjects: Vec<Uuid> = subjects.iter().copied().map(Uuid::from_u128).collect();
    let kind = (!subjects.is_empty()).then_some(SubjectKind::Member);
    Look { viewer: ActorId(viewer.to_owned()), what, kind, subjects, position: Position(3), denied: false, why: None }
}

fn denied(viewer: &str, what: &'static str, subjects: &[u128]) -> Look {
    Look { denied: true, ..look(viewer, what, subjects) }
}

/// Looks of every form there is.
fn of_every_form() -> Vec<Look> {
    let because = |given: &str, look: Look| Look { why: Why::read(given), ..look };
    vec![
        look("office", "results", &[7]),
        because("appeal:2022-JJ-014", look("office", "texts", &[7, 8, 9])),
        because("audit", look("auditor", "reads", &[])),
        denied("robot", "see_results", &[7]),
        denied("robot", "see_trail", &[]),
        Look { kind: Some(SubjectKind::Round), ..look("office", "bundle", &[70]) },
    ]
}

async fn verified(pool: &PgPool, noted: &[Noted]) -> Verified {
    verify::run(&mut pool.acquire().await.unwrap(), noted).await.unwrap()
}

/// The database's superuser, whom no wall stops.
async fn superuser(ground: &Ground) -> PgPool {
    PgPool::connect_with(ground.endpoints.owner.clone().username("sanping_bootstrap")).await.unwrap()
}

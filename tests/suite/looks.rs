//! Looks at what a freeze hides are kept in the order they were made, each of its subject.

use domain::id::ActorId;
use domain::stream::Position;
use graphql::ports::{Look, RecordedLook};
use harness::ground::Ground;
use projections::words::SubjectKind;
use uuid::Uuid;

fn look(viewer: &str, what: &'static str, subject: u128) -> Look {
    let (viewer, subject) = (ActorId(viewer.to_owned()), Uuid::from_u128(subject));
    Look { viewer, what, kind: SubjectKind::Round, subject, position: Position(3) }
}

#[tokio::test]
async fn each_look_is_kept_and_listed_once_page_by_page() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    for look in [look("office", "proposal", 7), look("other", "comments", 7), look("office", "proposal", 8)] {
        app.reads.record(&look).await.unwrap();
    }
    let page = async |after: Option<&RecordedLook>| {
        let after = after.map(|look| (look.at, look.id));
        app.reads.looks(SubjectKind::Round, Uuid::from_u128(7), after, 1).await.unwrap()
    };
    let first = page(None).await;
    let second = page(first.last()).await;
    let said: Vec<(&str, &str, u64)> = [&first, &second]
        .into_iter()
        .flatten()
        .map(|look| (look.viewer.0.as_str(), look.what.as_str(), look.position.0))
        .collect();
    assert_eq!(said, [("office", "proposal", 3), ("other", "comments", 3)]);
    assert!(page(second.last()).await.is_empty());
    assert!(app.reads.looks(SubjectKind::Branch, Uuid::from_u128(7), None, 9).await.unwrap().is_empty());
    app.stop().await;
}

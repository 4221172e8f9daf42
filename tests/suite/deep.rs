//! One command through every room.

use domain::id::BranchId;
use domain::id::MemberId;
use domain::stream::Position;
use graphql::ports::AsOf;
use harness::ground::Ground;
use harness::speak::{establish, found_root, office, person, register};
use projections::members::MemberRow;
use projections::select::Select;

#[tokio::test]
async fn a_registration_reaches_the_roster_and_comes_back_after_a_restart() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    app.commands.send(&office("1"), found_root(), None).await.unwrap();
    let branch = BranchId(app.commands.mint(&office("2"), "branch"));
    app.commands.send(&office("2"), establish(branch, Some(BranchId::root()), "第一支部"), None).await.unwrap();
    let member = MemberId(app.commands.mint(&office("3"), "member"));
    let accepted = app.commands.send(&office("3"), register(member, branch), Some(person("A1"))).await.unwrap();
    assert_eq!((accepted.position, accepted.replayed), (Position(5), false));

    let now = app.reads.pin(None, Some(accepted.position)).await.unwrap();
    let rows = app.reads.rows(&Select::<MemberRow>::first(10), now.position).await.unwrap();
    assert_eq!(rows.iter().map(|row| (row.member, row.branch)).collect::<Vec<_>>(), [(member, branch)]);
    let before = app.reads.pin(Some(AsOf::Position(Position(3))), None).await.unwrap();
    assert_eq!(app.reads.rows(&Select::<MemberRow>::first(10), before.position).await.unwrap(), []);
    app.stop().await;

    let app = ground.app().await;
    let again = app.commands.send(&office("3"), register(member, branch), Some(person("A1"))).await.unwrap();
    assert_eq!((again.position, again.replayed), (Position(5), true));
    app.stop().await;
}

//! The same of mutations, each sent to a program that has nothing at hand: neither states nor keys.

use async_graphql::{Request, Variables};
use domain::id::{ActorId, BranchId, MemberId};
use domain::round::BRANCHES_MAX;
use futures_util::future::join_all;
use graphql::viewer::{Role, Viewer};
use harness::counted::Counted;
use harness::crowd::{enrol, organisation};
use harness::ground::Ground;
use infra::app::App;
use serde_json::{Value, json};

struct Sender<'a> {
    ground: &'a Ground,
    app: &'a App,
    counted: Counted,
}

impl Sender<'_> {
    /// The statements of a mutation, and what it was answered.
    async fn takes(&self, mutation: &str, input: &Value) -> (Vec<String>, Value) {
        let doors = self.counted.doors(self.ground, self.app).await;
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ done: {mutation}(input: $input) {{ position refusal {{ code }} }} }}"
        );
        let viewer = Viewer::holding(ActorId("office".into()), [Role::Office], None, None);
        drop(self.counted.taken());
        let request = Request::new(query).variables(Variables::from_json(json!({ "input": input }))).data(viewer);
        let response = doors.api.execute(request).await;
        let taken = self.counted.taken();
        doors.close().await;
        (taken, serde_json::to_value(&response).unwrap())
    }
}

/// Inputs that name so many members or branches, each accepted.
fn naming(people: &[MemberId], branches: &[BranchId], many: usize) -> Vec<(&'static str, Value)> {
    let month = (many % 12) + 1;
    let all: Vec<String> = people.iter().take(many).map(ToString::to_string).collect();
    let own = branches[0].to_string();
    let of_team = &all[1..];
    let areas: Vec<String> = branches.iter().take(many.min(BRANCHES_MAX)).map(ToString::to_string).collect();
    vec![
        (
            "holdTraining",
            json!({ "branch": own, "on": "2022-07-01", "topic": "学习", "minutes": 60, "attendees": all }),
        ),
        ("holdThemeDay", json!({ "branch": own, "on": "2022-07-01", "topic": "党课", "attendees": all })),
        (
            "placeInContest",
            json!({ "member": all[0], "on": "2022-07-01", "title": "比武", "level": "CITY", "place": 1, "teamMates": of_team }),
        ),
        (
            "draftRound",
            json!({ "branches": areas, "period": { "quarter": { "year": 2000 + many, "quarter": month % 4 + 1 } }, "rulesVersion": 1 }),
        ),
    ]
}

#[tokio::test]
async fn the_statements_of_a_mutation_do_not_grow_with_whom_it_names() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branches = organisation(&app, 100).await;
    let ids: Vec<String> = (0..100).map(|number| format!("m-{number}")).collect();
    let enrolled = join_all(ids.iter().map(|id| enrol(&app, id, branches[0]))).await;
    let people: Vec<MemberId> = enrolled.into_iter().map(|member| member.unwrap().0).collect();
    let head = app.reads.head().await.unwrap().position;
    app.reads.pin(None, Some(head)).await.unwrap();
    let sender = Sender { ground: &ground, app: &app, counted: Counted::to(&ground) };
    let (_, adopted) = sender.takes("adoptRules", &json!({ "preset": "DEFAULT" })).await;
    assert!(adopted["data"]["done"]["position"].is_string(), "{adopted}");
    let mut rows: Vec<(&str, Vec<Vec<String>>)> = Vec::new();
    for many in [1, 10, 100] {
        for (number, (mutation, input)) in naming(&people, &branches, many).into_iter().enumerate() {
            let (taken, told) = sender.takes(mutation, &input).await;
            assert!(told["data"]["done"]["position"].is_string(), "{mutation} of {many}: {told}");
            match rows.get_mut(number) {
                Some((_, row)) => row.push(taken),
                None => rows.push((mutation, vec![taken])),
            }
        }
    }
    for (mutation, taken) in &rows {
        let counts: Vec<usize> = taken.iter().map(Vec::len).collect();
        // Of several at once the streams are loaded together: one statement, whoever they are.
        let grows = match *mutation {
            // What is said of each of a team is sealed under a key of their own: looked up, and made the first time, together.
            "placeInContest" => counts[2] <= counts[1] && counts[1] <= counts[0] + 5,
            "draftRound" => counts[2] <= counts[0] + 2,
            _ => counts[2] <= counts[1] && counts[1] <= counts[0] + 2,
        };
        assert!(grows, "{mutation}: {counts:?} {:#?}", taken[2]);
    }
    app.stop().await;
}

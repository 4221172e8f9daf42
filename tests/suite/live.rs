//! Live queries over real connections, cut off at random points and resumed: what is sent comes to the same as without a cut.

use std::time::Duration;

use harness::chance::Chance;
use harness::client::Api;
use harness::feed::Feed;
use harness::server::Server;
use infra::auth::SignIn;
use serde_json::{Value, json};

const START: &str = "2022-07-15T04:00:00Z";
const WRITES: u64 = 80;

/// An organisation of five members and a metric.
struct World {
    server: Server,
    address: String,
    api: Api,
    branch: String,
    members: Vec<String>,
    /// Where the log ends before anything is followed.
    begun: u64,
}

impl World {
    async fn new() -> Self {
        let mut server = Server::start(START.parse().unwrap()).await;
        let address = server.open(SignIn::Development).await;
        let api = Api::at(&address);
        let root = json!({ "kind": "COMMITTEE", "name": "市分公司党委", "on": "2020-01-01" });
        let branch = yes(&api, "establishBranch", root).await;
        let metric = json!({ "code": "points", "name": "积分", "unit": "POINTS", "direction": "HIGHER_IS_BETTER",
            "aggregation": "SUM", "grain": "MONTH", "subjects": "MEMBERS" });
        yes(&api, "defineMetric", metric).await;
        let mut members = vec![];
        for number in 0..5 {
            let input = json!({ "branch": branch, "staffNumber": format!("S{number}"), "name": "试一", "post": "STAFF", "on": "2022-01-04" });
            members.push(yes(&api, "registerMember", input).await);
        }
        let begun = head(&api).await;
        let known = format!("{{ metric(code: \"points\", atLeast: \"{begun}\") {{ code }} }}");
        let _known = api.data(&known, json!({})).await.unwrap();
        Self { server, address, api, branch, members, begun }
    }

    /// Reports results of five members for six months, and much that no board shows, one after the other.
    fn writing(&self) -> tokio::task::JoinHandle<()> {
        let (api, members, branch) = (self.api.clone(), self.members.clone(), self.branch.clone());
        tokio::spawn(async move {
            let mut chance = Chance::of(7);
            for number in 0..WRITES {
                let member = members[usize::try_from(number % 5).unwrap()].clone();
                match number / 5 {
                    month @ 0..6 => {
                        let input = json!({ "member": member, "metric": "points", "value": chance.below(50).to_string(),
                            "period": { "month": { "year": 2022, "month": month + 1 } } });
                        yes(&api, "reportMemberResult", input).await;
                    }
                    _later => {
                        let input = json!({ "branch": branch, "name": format!("党委{number}"), "on": "2022-07-01" });
                        yes(&api, "renameBranch", input).await;
                    }
                }
            }
        })
    }

    async fn head(&self) -> u64 {
        head(&self.api).await
    }
}

async fn head(api: &Api) -> u64 {
    let told = api.data("{ log { position } }", json!({})).await.unwrap();
    told["log"]["position"].as_str().unwrap().parse().unwrap()
}

async fn yes(api: &Api, mutation: &str, input: Value) -> String {
    let answered = api.send(mutation, input).await.unwrap();
    assert_eq!(answered.refused, None, "{mutation}");
    answered.id
}

fn position(answer: &Value) -> u64 {
    answer["position"].as_str().unwrap().parse().unwrap()
}

/// What is there within so long, if it is.
async fn soon(feed: &mut Feed, id: &str) -> Option<Value> {
    tokio::time::timeout(Duration::from_millis(1_500), feed.next_of(id)).await.ok()
}

/// Follows a field, cut off after a few answers again and again, resumed after the last one had; until `done`.
async fn followed(
    world: &World,
    field: &str,
    text: impl Fn(Option<&str>) -> String,
    seed: u64,
    mut done: impl AsyncFnMut(&[Value]) -> bool,
) -> Vec<Value> {
    let mut chance = Chance::of(seed);
    let mut had: Vec<Value> = vec![];
    let mut cuts = 0;
    while !done(&had).await {
        let last = had
            .last()
            .map(|last| format!("{}@{}", last["position"].as_str().unwrap(), last["origin"].as_str().unwrap()));
        let mut feed = Feed::open(&world.address, None).await;
        let id = feed.subscribe(&text(last.as_deref())).await;
        // Sometimes before the first answer: what was on its way is lost.
        for _ in 0..chance.below(6) {
            match soon(&mut feed, &id).await {
                Some(mut answer) => had.push(answer[field].take()),
                None => break,
            }
        }
        cuts += 1;
        drop(feed);
    }
    assert!(cuts > 1, "{cuts} connections");
    had
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_cut_off_at_random_points_is_the_trail() {
    for seed in [1, 2] {
        let world = World::new().await;
        let writing = world.writing();
        let text = |after: Option<&str>| {
            format!("subscription {{ auditTrail(after: \"{}\") {{ position origin type }} }}", after.unwrap_or("0"))
        };
        let done = async |had: &[Value]| had.last().is_some_and(|last| position(last) == world.begun + WRITES);
        let had = followed(&world, "auditTrail", text, seed, done).await;
        writing.await.unwrap();
        assert_eq!(world.head().await, world.begun + WRITES);
        assert_eq!(had.iter().map(position).collect::<Vec<_>>(), (1..=world.begun + WRITES).collect::<Vec<_>>());
        world.server.stop().await;
    }
}

/// Each answer is the board as of its position and differs from the one before; the last one is the board at the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_board_cut_off_at_random_points_is_never_sent_twice_nor_left_behind() {
    const BOARD: &str = "board: { subject: MEMBER, measure: { metric: \"points\" }, period: { year: 2022 } }, first: 3";
    const SHOWN: &str = "position origin nodes { rank score subject { of } }";
    let world = World::new().await;
    let writing = world.writing();
    let text = |after: Option<&str>| {
        let after = after.map(|after| format!(", after: \"{after}\"")).unwrap_or_default();
        format!("subscription {{ leaderboard({BOARD}{after}) {{ {SHOWN} }} }}")
    };
    let at = async |position: u64| {
        let query = format!("{{ leaderboard({BOARD}, asOf: {{ position: {position} }}) {{ {SHOWN} }} }}");
        world.api.data(&query, json!({})).await.unwrap()["leaderboard"].take()
    };
    // The last result is the thirtieth: whatever follows changes no board.
    let last = world.begun + 30;
    let done = async |had: &[Value]| {
        let Some(shown) = had.last() else { return false };
        position(shown) >= last || (world.head().await >= last && at(last).await["nodes"] == shown["nodes"])
    };
    let had = followed(&world, "leaderboard", text, 3, done).await;
    writing.await.unwrap();
    let positions: Vec<u64> = had.iter().map(position).collect();
    assert!(positions.is_sorted_by(|one, next| one < next), "{positions:?}");
    assert!(had.windows(2).all(|pair| pair[0]["nodes"] != pair[1]["nodes"]), "sent twice: {had:?}");
    for shown in &had {
        assert_eq!(&at(position(shown)).await, shown);
    }
    let head = world.head().await;
    assert_eq!(at(head).await["nodes"], had.last().unwrap()["nodes"], "the last change was missed");
    // Whoever comes back after all that is told nothing, since nothing has changed for them.
    let mut feed = Feed::open(&world.address, None).await;
    let last = had.last().unwrap()["position"].as_str().unwrap();
    let id = feed.subscribe(&text(Some(last))).await;
    assert_eq!(soon(&mut feed, &id).await, None);
    world.server.stop().await;
}

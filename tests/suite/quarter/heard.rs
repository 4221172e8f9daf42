//! Whoever follows a round: what is sent over the subscriptions, of two worlds to be held side by side.

use std::collections::BTreeMap;

use harness::feed::Feed;
use serde_json::{Value, json};

use super::world::{World, unsealed};

/// What is followed; positions that come together are sent as one, so that only the last of them is the same.
const FOLLOWED: [&str; 5] = [
    "position",
    "auditTrail { position type actor recordedAt reason body concerns { of } sequence subject { of } commandId correlationId }",
    "leaderboard(board: { subject: MEMBER, measure: { roundScore: true }, period: { quarter: { year: 2022, quarter: 2 } } })
       { totalCount nodes { rank score value subject { of } } }",
    "leaderboard(board: { subject: BRANCH, measure: { roundScore: true }, period: { quarter: { year: 2022, quarter: 2 } } })
       { totalCount nodes { rank score value subject { of } } }",
    "report(year: 2022) { figures { code value exactness } }",
];
const POSITION: usize = 0;
const TRAIL: usize = 1;
const BOARD: usize = 2;

/// Somebody who follows everything in one world.
pub struct Ears {
    feed: Feed,
    viewer: String,
    ids: Vec<String>,
    /// How far position and trail were heard.
    reached: [u64; 2],
    /// What was heard since it was asked last, by what is followed.
    heard: BTreeMap<usize, Vec<String>>,
}

impl Ears {
    /// Follows everything from now on.
    pub async fn open(world: &World, viewer: &str) -> Self {
        let viewer = world.play.filled(viewer);
        let feed = Feed::open(&world.address, Some(&viewer)).await;
        let mut ears = Self { feed, viewer, ids: vec![], reached: [0; 2], heard: BTreeMap::new() };
        // What was before it is followed is known by then.
        let trail = ears.last_of_the_trail(world).await;
        for query in FOLLOWED {
            ears.ids.push(ears.feed.subscribe(&format!("subscription {{ {query} }}")).await);
        }
        // The trail begins with what comes; whoever is denied anything is told so, and that it is over.
        let mut begun = [false; FOLLOWED.len()];
        begun[TRAIL] = trail.is_some();
        while begun.contains(&false) {
            let (of, said) = ears.next().await;
            begun[of] = !said.contains("\"errors\"");
        }
        ears
    }

    /// The last position of the trail that this viewer sees, once everything is known; nothing for whom there is none.
    async fn last_of_the_trail(&self, world: &World) -> Option<u64> {
        let (head, api) = (world.head().await, world.api.as_viewer(&self.viewer));
        let last = format!("{{ auditTrail(atLeast: \"{head}\", reverse: true, first: 1) {{ nodes {{ position }} }} }}");
        let answer = api.ask(&last, json!({})).await.unwrap();
        answer["data"]["auditTrail"]["nodes"][0]["position"].as_str().map(|last| last.parse().unwrap())
    }

    /// The next answer: of what it is, and how it reads.
    async fn next(&mut self) -> (usize, String) {
        let message = self.feed.hear().await.expect("the connection is open");
        let of = self.ids.iter().position(|id| message["id"] == **id).unwrap();
        let data = &message["payload"]["data"];
        let position = |value: &Value| value.as_str().unwrap().parse().unwrap();
        match of {
            POSITION => self.reached[POSITION] = position(&data["position"]),
            TRAIL if data["auditTrail"].is_object() => {
                self.reached[TRAIL] = position(&data["auditTrail"]["position"]);
            }
            _other => {}
        }
        let said = unsealed(&message.to_string());
        if of != POSITION {
            self.heard.entry(of).or_default().push(said.clone());
        }
        (of, said)
    }

    /// Everything that is sent until the world stands still, by what is followed.
    pub async fn up_to(&mut self, world: &World) -> BTreeMap<usize, Vec<String>> {
        let (last, head) = (self.last_of_the_trail(world).await.unwrap_or_default(), world.head().await);
        while self.reached[POSITION] < head || self.reached[TRAIL] < last {
            let (_, _) = self.next().await;
        }
        std::mem::take(&mut self.heard)
    }

    /// The board of members, once it is sent again.
    pub async fn until_the_board_is_sent(&mut self) -> String {
        loop {
            if let (BOARD, said) = self.next().await {
                return said;
            }
        }
    }
}

//! What a refusal takes: it is held back until a step that does not depend on it, and what it takes until then differs by a few
//! statements at most.

use domain::id::{ActorId, BranchId, MemberId};
use graphql::viewer::{Role, SignedIn, Viewer};
use harness::client::Api;
use harness::counted::Counted;
use serde_json::Value;

use super::super::forbidding::inputs::NOBODY;
use super::super::teller::Teller;
use super::{ANYWHERE, QUERIES, far, naming};

/// By how many statements what is out of reach may differ from what is not there: a step has room for many times that.
const APART: usize = 8;

/// Who asks: of @first, where nothing that is named is.
fn viewers(t: &Teller) -> [Viewer; 2] {
    let (first, ana) = (BranchId(t.id("first").parse().unwrap()), MemberId(t.id("ana").parse().unwrap()));
    [
        Viewer::holding(ActorId("w-secretary".to_owned()), [Role::BranchSecretary], None, Some(first)),
        Viewer::holding(ActorId("w-ana".to_owned()), [Role::Member], Some(ana), None),
    ]
}

/// One question with two ids: what each took, where one of them came to nothing.
struct Weighed<'a> {
    counted: &'a Counted,
    api: Api,
    taken: Vec<Vec<String>>,
}

impl<'a> Weighed<'a> {
    fn new(counted: &'a Counted, api: &Api) -> Self {
        drop(counted.taken());
        Self { counted, api: api.clone(), taken: Vec::new() }
    }

    /// Takes what was answered down; says what is wrong with it.
    fn answered(&mut self, place: &str, id: &str, came_to_nothing: bool) -> Option<String> {
        self.taken.push(self.counted.taken());
        (came_to_nothing != self.api.came_to_nothing()).then(|| format!("{place} {id} is not held back"))
    }

    /// Says what is wrong with the two.
    fn compared(self, place: &str) -> Option<String> {
        let counts: Vec<usize> = self.taken.iter().map(Vec::len).collect();
        (counts[0].abs_diff(counts[1]) > APART).then(|| format!("{place} takes {counts:?}: {:#?}", self.taken))
    }
}

/// Whether a mutation was accepted, as those are that may name anything.
fn is_accepted(answer: &Value) -> bool {
    answer["position"].is_string()
}

/// Asks what was compared once more, of the schema itself.
pub async fn what_comes_to_nothing_is_held_back_and_takes_as_much(
    t: &Teller,
    of_mutations: &[String],
    samples: &[(&'static str, Value)],
) {
    let counted = Counted::to(&t.server().ground);
    let doors = counted.doors(&t.server().ground, &t.server().app).await;
    let mut wrong = Vec::new();
    for viewer in viewers(t) {
        let name = viewer.id.to_string();
        let api = Api::within(doors.api.clone(), SignedIn::Told(viewer));
        let viewer = t.speaking_to(api.clone());
        for (place, document, far) in QUERIES {
            let mut weighed = Weighed::new(&counted, &api);
            for id in [far, &NOBODY] {
                viewer.response(&format!("{{ {} }}", document.replace('X', id))).await;
                wrong.extend(weighed.answered(place, id, true));
            }
            wrong.extend(weighed.compared(place));
        }
        for place in of_mutations.iter().filter(|place| !ANYWHERE.contains(&place.as_str())) {
            let mutation = place.split('.').next().unwrap();
            for (_, input) in samples.iter().filter(|(name, _)| *name == mutation) {
                let mut weighed = Weighed::new(&counted, &api);
                for id in [far(place), NOBODY] {
                    let Some(input) = naming(input, place, id, &format!("{name} {place} {id}")) else { break };
                    let answer = viewer.send(mutation, input).await;
                    wrong.extend(weighed.answered(place, id, !is_accepted(&answer)));
                }
                if !weighed.taken.is_empty() {
                    wrong.extend(weighed.compared(place));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
    doors.close().await;
}

//! What a refusal takes: it is held back until a step that does not depend on it, and what it takes until then differs by a few
//! statements at most.

use domain::id::{ActorId, BranchId};
use graphql::viewer::{Role, SignedIn, Viewer};
use harness::client::Api;
use harness::counted::Counted;
use serde_json::{Value, json};

use super::super::forbidding::inputs::NOBODY;
use super::super::teller::Teller;
use super::{ANYWHERE, QUERIES, far, naming, without};

/// Mutations that are not among the commands of one call: each sends several by itself.
const SEVERAL: [&str; 2] = ["countPaper.", "draftRounds."];
/// How many commands are sent in one call: pairs stay together.
const MOST: usize = 400;

/// By how many statements what is out of reach may differ from what is not there: a step has room for many times that.
const APART: usize = 8;

/// Who asks: whoever keeps most of @first, where nothing that is named is.
fn secretary(t: &Teller) -> Viewer {
    let first = BranchId(t.id("first").parse().unwrap());
    Viewer::holding(ActorId("w-secretary".to_owned()), [Role::BranchSecretary], None, Some(first))
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

/// The same among many commands of one call: what is told apart.
async fn within_many(
    t: &Teller,
    viewer: &Teller,
    of_mutations: &[String],
    samples: &[(&'static str, Value)],
) -> Vec<String> {
    let (mut named, mut commands) = (Vec::new(), Vec::new());
    let places = of_mutations.iter().filter(|place| !ANYWHERE.contains(&place.as_str()));
    for place in places.filter(|place| !SEVERAL.iter().any(|several| place.starts_with(several))) {
        let mutation = place.split('.').next().unwrap();
        for (number, (_, input)) in samples.iter().filter(|(name, _)| *name == mutation).enumerate() {
            for id in [far(place), NOBODY] {
                let command = format!("many {place} {number} {id}");
                let Some(input) = naming(input, place, id, &command) else { break };
                named.push((place, id, command));
                commands.push(json!({ mutation: input }));
            }
        }
    }
    let mut outcomes = Vec::new();
    for commands in commands.chunks(MOST) {
        outcomes.extend(viewer.together(json!(commands)).await);
    }
    let told = named.iter().zip(outcomes).map(|((_, id, command), mut outcome)| {
        outcome["position"].take();
        without(&outcome, t, id).replace(&without(&json!(command), t, id), "\"COMMAND\"")
    });
    let told: Vec<String> = told.collect();
    assert!(told.len() > 2 * 50, "{} are too few", told.len());
    let pairs = named.chunks(2).zip(told.chunks(2)).filter(|(_, told)| told[0] != told[1]);
    pairs.map(|(named, told)| format!("{} among many: {told:?}", named[0].0)).collect()
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
    let api = Api::within(doors.api.clone(), SignedIn::Told(secretary(t)));
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
                let Some(input) = naming(input, place, id, &format!("weighed {place} {id}")) else { break };
                let answer = viewer.send(mutation, input).await;
                wrong.extend(weighed.answered(place, id, !is_accepted(&answer)));
            }
            if !weighed.taken.is_empty() {
                wrong.extend(weighed.compared(place));
            }
        }
    }
    wrong.extend(within_many(t, &viewer, of_mutations, samples).await);
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
    doors.close().await;
}

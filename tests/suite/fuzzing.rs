//! Inputs that others make of the schema: Schemathesis asks every query and sends every mutation, with values that fit and values
//! that do not, in documents that are right and documents that are not, and with ids of what is there.
//!
//! What it holds each answer to is in `tests/clients/fuzz_hooks.py`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use infra::fold::rebuild::Quiet;
use infra::fold::registry;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::journey::alike::{QUERIES, far, furnished};
use crate::journey::forbidding::peopled;
use crate::journey::teller::{Ears, Teller};
use crate::sdl::Sdl;

/// The same inputs each time.
const SEED: &str = "20220331";
/// How many of each operation.
const EACH: &str = "3";

/// The same place of an argument, wherever lists may be on the way to it: `Type.field.a.b`, `….a[*].b`, `….a[*].b[*]`.
fn in_lists(place: &str) -> Vec<String> {
    let mut parts = place.split('.');
    let field: Vec<&str> = parts.by_ref().take(2).collect();
    parts.fold(vec![field.join(".")], |ways, part| {
        ways.iter().flat_map(|way| [format!("{way}.{part}"), format!("{way}.{part}[*]")]).collect()
    })
}

/// What it is told: at every place of an id mostly one of the right kind.
fn told(t: &Teller, schema: &Sdl) -> String {
    let of_queries = QUERIES.iter().map(|(place, _, id)| (format!("Query.{place}"), *id));
    let of_mutations = schema.places("Mutation").into_iter().filter(|place| !place.starts_with("sendCommands."));
    let of_mutations = of_mutations.map(|place| (format!("Mutation.{place}"), far(&place)));
    let places: BTreeMap<String, &str> = of_queries.chain(of_mutations).collect();
    let (mut ids, mut bindings) = (BTreeMap::new(), String::new());
    for (place, id) in places {
        ids.insert(id.trim_start_matches('@'), t.filled(id));
        for way in in_lists(&place) {
            let name = id.trim_start_matches('@');
            writeln!(bindings, "\"{way}\" = {{ dictionary = \"{name}\", probability = 0.8 }}").unwrap();
        }
    }
    for place in ["*.*.metric", "*.*.input.metric", "*.*.code"] {
        writeln!(bindings, "\"{place}\" = {{ dictionary = \"metric\", probability = 0.8 }}").unwrap();
    }
    ids.insert("metric", "premium_new".to_owned());
    let dictionaries = ids.iter().map(|(name, id)| format!("[dictionaries.{name}]\nvalues = [\"{id}\"]\n"));
    format!("{}[parameters]\n{bindings}", dictionaries.collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_made_of_the_schema_is_answered_as_promised() {
    let t = peopled(Ears::default()).await;
    furnished(&t).await;
    let schema = Sdl::read(&graphql::schema::sdl());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("schemathesis.toml"), told(&t, &schema)).unwrap();
    let report = folder.path().join("report.json");
    let output = Command::new(root.join("target/clients/python/bin/python3"))
        .args(["-B", "-m", "schemathesis.cli", "run", &format!("{}/graphql", t.address())])
        .args(["--checks", "is_answered_as_promised", "--seed", SEED, "--max-examples", EACH])
        .args(["--header", "accept: application/graphql-response+json", "--report-json-path"])
        .arg(&report)
        .env("SCHEMATHESIS_HOOKS", "fuzz_hooks")
        .env("PYTHONPATH", root.join("tests/clients"))
        .current_dir(folder.path())
        .output()
        .await
        .expect("this test needs the clients of others: ./dev test installs them");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}\n{said}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    let operations = schema.fields("Query").count() + schema.fields("Mutation").count();
    assert_eq!(told["operations"]["tested"], json!(operations), "{said}");
    let cases = told["test_cases"]["generated"].as_u64().unwrap();
    assert!(cases as usize >= 3 * operations, "{cases} of {operations} operations");
    // Whatever was accepted is in the log as anything else is, and folds to the same again.
    let app = &t.server().app;
    let head = app.reads.head().await.unwrap().position;
    app.reads.pin(None, Some(head)).await.unwrap();
    for projection in registry::all() {
        let found = projection.verify(&app.pool, &Quiet).await.unwrap();
        assert_eq!(found.difference, None, "{}", projection.name());
    }
}

//! Commands that count on what was read, and many commands in one call.

use domain::stream::Position;
use graphql::mutation::batch::MOST;
use graphql::viewer::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::introspection::{mutations, sample};
use crate::mutations::{OUTCOME, refused, send};
use crate::reviews::reviewing;
use crate::story::{ANA, CAI, EAST, WEST, told};
use crate::support::{Asking, viewer};

fn suspend(since: &str) -> Value {
    json!({ "member": ANA.0, "on": "2022-06-30", "reason": "休假", "commandId": "s-1", "ifUnchangedSince": since })
}

#[test]
fn a_command_that_counts_on_what_has_changed_since_is_refused_with_where_it_stands() {
    let twin = told();
    let office = twin.office();
    let outcome = send(&office, "suspendMember", &suspend("16"));
    assert_eq!(outcome["refusal"]["code"], "subject.changed_since");
    let facts = json!([
        { "name": "subject", "value": format!("member/{}", ANA.0) },
        { "name": "since", "value": "16" },
        { "name": "position", "value": "17" },
    ]);
    assert_eq!(outcome["refusal"]["facts"], facts);
    assert_eq!(
        (send(&office, "suspendMember", &suspend("17"))["position"].clone(), twin.sent.lock().unwrap().len()),
        (json!("17"), 1)
    );
    // Sent again, it is the same command, whatever it counts on.
    assert_eq!(send(&office, "suspendMember", &suspend("0"))["replayed"], json!(true));
}

#[test]
fn a_position_of_another_log_or_beyond_its_end_is_refused() {
    let office = told().office();
    assert_eq!(refused(&office, "suspendMember", &suspend("18")), "position.beyond_head");
    let other = format!("17@{}", Uuid::max());
    assert_eq!(refused(&office, "suspendMember", &suspend(&other)), "position.other_origin");
    let own = format!("17@{}", Uuid::NAMESPACE_OID);
    assert_eq!(send(&office, "suspendMember", &suspend(&own))["refusal"], Value::Null);
}

/// Whoever may not is told no more by it.
#[test]
fn what_has_changed_is_told_to_nobody_who_may_not() {
    let west = told().by(Some(viewer(Role::BranchSecretary, None, Some(WEST))));
    for since in ["16", "17"] {
        assert_eq!(refused(&west, "suspendMember", &suspend(since)), "policy.denied");
    }
}

#[test]
fn every_mutation_counts_on_it() {
    for mutation in mutations() {
        let twin = reviewing();
        let own = ["giveSelfReview", "fileAppeal"].contains(&mutation.as_str());
        let office = twin.by(Some(viewer(Role::Office, Some(if own { ANA } else { CAI }), None)));
        let mut input = sample(&mutation);
        input["ifUnchangedSince"] = json!("1");
        send(&office, &mutation, &input);
        assert_eq!(*twin.since.lock().unwrap(), Some(Position(1)), "{mutation}");
    }
}

fn many(asking: &Asking, commands: &Value) -> Value {
    let text = format!(
        "mutation($input: SendCommandsInput!) {{ sendCommands(input: $input) {{ position refusal {{ code }} outcomes {{ {OUTCOME} }} }} }}"
    );
    asking.with(&text, json!({ "input": { "commands": commands, "correlationId": "together" } }))["sendCommands"]
        .clone()
}

fn code(outcome: &Value) -> &Value {
    &outcome["refusal"]["code"]
}

#[test]
fn many_commands_are_accepted_and_refused_one_by_one_in_their_order() {
    let twin = told();
    let commands = json!([
        { "renameBranch": { "branch": EAST.0, "name": "东区第一支部", "on": "2022-06-30", "commandId": "1" } },
        { "renameBranch": { "branch": "nowhere", "name": "x", "on": "2022-06-30", "commandId": "2" } },
        { "suspendMember": { "member": ANA.0, "on": "2022-06-30", "reason": "休假", "commandId": "3", "ifUnchangedSince": "16" } },
        { "suspendMember": { "member": CAI.0, "on": "2022-06-30", "reason": "休假" } },
        { "suspendMember": { "member": CAI.0, "on": "2022-06-30", "reason": "休假", "commandId": "5", "correlationId": "own" } },
        { "suspendMember": { "member": CAI.0, "on": "2022-06-30", "reason": "别的", "commandId": "5" } },
        { "renameBranch": { "branch": EAST.0, "name": "东区第一支部", "on": "2022-06-30", "commandId": "1" } },
    ]);
    let answered = many(&twin.office(), &commands);
    let outcomes = answered["outcomes"].as_array().unwrap();
    assert_eq!((&answered["position"], &answered["refusal"]), (&json!("17"), &Value::Null));
    let codes: Vec<&Value> = outcomes.iter().map(code).collect();
    let (no, id) = (Value::Null, json!("input.bad_command_id"));
    let expected =
        [&no, &json!("input.bad_id"), &json!("subject.changed_since"), &id, &no, &json!("command.id_reused"), &no];
    assert_eq!(codes, expected);
    assert_eq!((&outcomes[0]["replayed"], &outcomes[6]["replayed"]), (&json!(false), &json!(true)));
    let sent = twin.sent.lock().unwrap();
    let asked: Vec<(&str, &str)> =
        sent.iter().map(|(asker, ..)| (asker.command_id.as_str(), asker.correlation.as_str())).collect();
    assert_eq!(asked, [("1", "together"), ("5", "own")]);
}

#[test]
fn many_commands_sent_again_are_answered_as_before() {
    let twin = told();
    let commands: Vec<Value> = (0..20)
        .map(|number| json!({ "recordService": { "member": ANA.0, "on": "2022-06-30", "activity": "社区服务", "minutes": number, "commandId": format!("n-{number}") } }))
        .collect();
    let (first, again) = (many(&twin.office(), &json!(commands)), many(&twin.office(), &json!(commands)));
    let of = |answered: &Value| {
        answered["outcomes"].as_array().unwrap().iter().map(|outcome| outcome["of"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((of(&first).len(), of(&first)), (20, of(&again)));
    assert!(again["outcomes"].as_array().unwrap().iter().all(|outcome| outcome["replayed"] == true), "{again}");
    assert_eq!(twin.sent.lock().unwrap().len(), 20);
}

#[test]
fn too_many_commands_are_refused_as_a_whole_and_weigh_as_much_as_they_are() {
    let twin = told();
    let command = json!({ "settleCommitment": sample("settleCommitment") });
    let answered = many(&twin.office(), &json!(vec![command.clone(); MOST + 1]));
    assert_eq!((code(&answered), &answered["outcomes"]), (&json!("input.too_many"), &json!([])));
    let heavy = format!(
        "mutation($input: SendCommandsInput!) {{ sendCommands(input: $input) {{ outcomes {{ {} }} }} }}",
        (0..60).map(|number| format!("a{number}: commandId")).collect::<Vec<_>>().join(" ")
    );
    let response = twin.office().response(&heavy, json!({ "input": { "commands": vec![command; MOST] } }));
    assert!(format!("{:?}", response.errors).contains("too complex"), "{:?}", response.errors);
    assert!(twin.sent.lock().unwrap().is_empty());
}

#[test]
fn one_command_is_one_of_them() {
    let text = "mutation($input: SendCommandsInput!) { sendCommands(input: $input) { position } }";
    for commands in [
        json!([{}]),
        json!([{ "closeBranch": null }]),
        json!([{ "closeRound": sample("closeRound"), "openRound": sample("openRound") }]),
    ] {
        let response = told().office().response(text, json!({ "input": { "commands": commands } }));
        assert!(!response.errors.is_empty(), "{commands}");
    }
    let response = told().by(None).response(text, json!({ "input": { "commands": [] } }));
    assert!(format!("{:?}", response.errors).contains("unauthenticated"), "{:?}", response.errors);
}

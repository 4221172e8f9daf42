//! Mutations: each leads to its command, or to a typed refusal.

use std::sync::atomic::Ordering;

use domain::member::MemberCommand;
use domain::world::Command;
use graphql::ports::SendError;
use graphql::viewer::Role;
use serde_json::{Value, json};

use crate::introspection::{mutations, sample};
use crate::reviews::reviewing;
use crate::story::{ANA, CAI, EAST, NOBODY, WEST, established, registered, told};
use crate::support::{Asking, viewer};

pub const OUTCOME: &str = "position of commandId replayed refusal { code message messageZh facts { name value } }";

pub fn send(asking: &Asking, mutation: &str, input: &Value) -> Value {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let text = format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {OUTCOME} }} }}");
    asking.with(&text, json!({ "input": input }))[mutation].clone()
}

pub fn refused(asking: &Asking, mutation: &str, input: &Value) -> String {
    let outcome = send(asking, mutation, input);
    assert_eq!((&outcome["position"], &outcome["of"]), (&Value::Null, &Value::Null), "{outcome}");
    outcome["refusal"]["code"].as_str().unwrap_or_else(|| panic!("{mutation} was accepted")).to_owned()
}

fn transfer() -> Value {
    json!({ "member": ANA.0, "to": WEST.0, "on": "2022-06-30", "reason": "工作需要", "commandId": "c-1" })
}

#[test]
fn every_mutation_sends_one_command() {
    for mutation in mutations() {
        let twin = reviewing();
        // The samples are about one member: she takes part herself, and another decides.
        let own = ["giveSelfReview", "fileAppeal"].contains(&mutation.as_str());
        let office = twin.by(Some(viewer(Role::Office, Some(if own { ANA } else { CAI }), None)));
        let outcome = send(&office, &mutation, &sample(&mutation));
        assert_eq!(outcome["refusal"], Value::Null, "{mutation}");
        assert_eq!(outcome["position"], twin.last().to_string(), "{mutation}");
        assert_eq!(twin.sent.lock().unwrap().len(), 1, "{mutation}");
    }
}

#[test]
fn nobody_who_only_reads_sends_anything() {
    for role in [Role::Auditor, Role::Leader] {
        // Leaders keep talks, which they hold.
        let talks = |mutation: &String| role == Role::Leader && mutation.ends_with("Talk");
        for mutation in mutations().into_iter().filter(|mutation| !talks(mutation)) {
            let twin = told();
            let reader = twin.by(Some(viewer(role, None, None)));
            assert_eq!(refused(&reader, &mutation, &sample(&mutation)), "policy.denied", "{mutation}");
            assert!(twin.sent.lock().unwrap().is_empty());
        }
    }
}

#[test]
fn without_a_viewer_every_mutation_is_an_error() {
    let anybody = told().by(None);
    for mutation in mutations() {
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let text = format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ commandId }} }}");
        let response = anybody.response(&text, json!({ "input": sample(&mutation) }));
        assert!(format!("{:?}", response.errors).contains("unauthenticated"), "{mutation}: {:?}", response.errors);
    }
}

#[test]
fn an_outcome_names_position_subject_and_command() {
    let twin = told();
    let outcome = send(&twin.office(), "transferMember", &transfer());
    assert_eq!(
        outcome,
        json!({ "position": "17", "of": ANA.0, "commandId": "c-1", "replayed": false, "refusal": null })
    );
    let (asker, command, person) = twin.sent.lock().unwrap()[0].clone();
    assert_eq!((asker.actor.0.as_str(), asker.correlation.as_str()), ("office", "c-1"));
    assert!(person.is_none());
    let Command::Member(member, MemberCommand::Transfer { to, on, reason }) = command else { panic!("{command:?}") };
    assert_eq!((member, to, on.to_string().as_str(), reason.0.as_str()), (ANA, WEST, "2022-06-30", "sealed:工作需要"));
}

#[test]
fn the_same_command_id_is_the_same_command_and_names_the_same_thing() {
    let twin = told();
    let office = twin.office();
    let open = |name: &str| {
        let input =
            json!({ "branch": EAST.0, "kind": "FINANCIAL", "name": name, "on": "2022-06-30", "commandId": "c-2" });
        send(&office, "openOutlet", &input)
    };
    let (first, again) = (open("二号网点"), open("二号网点"));
    assert_eq!((&first["replayed"], &again["replayed"]), (&json!(false), &json!(true)));
    assert_eq!(first["of"], again["of"]);
    assert_eq!(open("三号网点")["refusal"]["code"], "command.id_reused");
}

#[test]
fn a_command_without_an_id_gets_one() {
    let twin = told();
    let mut input = transfer();
    input.as_object_mut().unwrap().remove("commandId");
    let outcome = send(&twin.office(), "transferMember", &input);
    assert_eq!(outcome["commandId"], "fresh-0");
}

#[test]
fn a_registration_brings_the_person_beside_the_log() {
    let twin = told();
    let input = json!({ "branch": EAST.0, "staffNumber": "W-9", "name": "𥙿·é", "contact": "555-0199", "post": "STAFF",
        "on": "2022-06-30", "probationUntil": "2022-12-31" });
    let outcome = send(&twin.office(), "registerMember", &input);
    let (_, command, person) = twin.sent.lock().unwrap()[0].clone();
    let person = person.unwrap();
    assert_eq!((person.staff_number.as_str(), person.name.as_str()), ("W-9", "𥙿·é"));
    let Command::Member(member, MemberCommand::Register { branch, .. }) = command else { panic!("{command:?}") };
    assert_eq!((json!(member.0), branch), (outcome["of"].clone(), EAST));
}

#[test]
fn each_wrong_input_is_a_refusal_that_names_it() {
    let office = told().office();
    let with = |changes: Value| {
        let mut input = transfer();
        input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        input
    };
    for (changes, code) in [
        (json!({ "member": "W-1" }), "input.bad_id"),
        (json!({ "to": "" }), "input.bad_id"),
        (json!({ "on": "2022-02-30" }), "input.bad_date"),
        (json!({ "on": "20220630" }), "input.bad_date"),
        (json!({ "on": "2022-06-30T00:00:00" }), "input.bad_date"),
        (json!({ "reason": "a\u{0}b" }), "text.control_character"),
        (json!({ "reason": "\u{3000}" }), "text.empty"),
        (json!({ "reason": "长".repeat(4_001) }), "text.too_long"),
        (json!({ "commandId": "" }), "input.bad_command_id"),
        (json!({ "commandId": "命令" }), "input.bad_command_id"),
        (json!({ "correlationId": "x".repeat(129) }), "input.bad_command_id"),
    ] {
        assert_eq!(refused(&office, "transferMember", &with(changes.clone())), code, "{changes:.80}");
    }
    let outcome = send(&office, "transferMember", &with(json!({ "to": "nowhere" })));
    assert_eq!(
        outcome["refusal"]["facts"],
        json!([{ "name": "field", "value": "to" }, { "name": "given", "value": "nowhere" }])
    );
    assert!(outcome["refusal"]["messageZh"].as_str().unwrap().contains("编号"));
}

#[test]
fn numbers_come_as_text_or_whole_and_never_as_floats() {
    let office = told().office();
    let report = |value: Value| json!({ "member": ANA.0, "metric": "premium", "period": { "month": { "year": 2022, "month": 1 } }, "value": value });
    for (value, code) in [
        (json!("1e5"), "amount.not_a_number"),
        (json!("NaN"), "amount.not_a_number"),
        (json!("9".repeat(400)), "amount.out_of_range"),
        (json!(u64::MAX), "amount.out_of_range"),
    ] {
        assert_eq!(refused(&office, "reportMemberResult", &report(value.clone())), code, "{value:.40}");
    }
    for value in [json!("71166500.00"), json!(71_166_500)] {
        assert_eq!(send(&told().office(), "reportMemberResult", &report(value))["refusal"], Value::Null);
    }
    let text = "mutation($input: ReportMemberResultInput!) { reportMemberResult(input: $input) { commandId } }";
    let response = office.response(text, json!({ "input": report(json!(0.1)) }));
    assert!(response.errors[0].message.contains("write it in quotes"), "{:?}", response.errors);
    let minutes =
        |minutes: i64| json!({ "member": ANA.0, "on": "2022-06-30", "activity": "社区服务", "minutes": minutes });
    assert_eq!(refused(&office, "recordService", &minutes(-1)), "input.bad_number");
    assert_eq!(refused(&office, "recordService", &minutes(4_294_967_296)), "input.bad_number");
    let period = json!({ "member": ANA.0, "metric": "premium", "period": { "quarter": { "year": 2022, "quarter": 5 } }, "value": "1" });
    assert_eq!(refused(&office, "reportMemberResult", &period), "time.not_a_period");
}

#[test]
fn what_the_log_refuses_comes_through_with_its_code() {
    for (error, code) in [
        (SendError::Contended { attempts: 5 }, "command.contended"),
        (SendError::IdReused { command_id: "c-1".to_owned() }, "command.id_reused"),
        (
            SendError::Refused(
                domain::person::PersonRefusal::StaffNumberTaken { staff_number: "W-1".to_owned() }.into(),
            ),
            "person.staff_number_taken",
        ),
    ] {
        let twin = told();
        *twin.refuses.lock().unwrap() = Some(error);
        assert_eq!(refused(&twin.office(), "transferMember", &transfer()), code);
    }
}

#[test]
fn a_secretary_writes_within_the_own_subtree_only() {
    let twin = told();
    let east = twin.by(Some(viewer(Role::BranchSecretary, None, Some(EAST))));
    let suspend = |member: uuid::Uuid| json!({ "member": member, "on": "2022-06-30", "reason": "病假" });
    assert_eq!(send(&east, "suspendMember", &suspend(ANA.0))["refusal"], Value::Null);
    assert_eq!(refused(&east, "suspendMember", &suspend(CAI.0)), "policy.denied");
    assert_eq!(refused(&east, "suspendMember", &suspend(NOBODY.0)), "policy.denied");
    assert_eq!(refused(&east, "transferMember", &transfer()), "policy.denied", "the other branch is out of reach");
    let team = json!({ "member": ANA.0, "on": "2022-06-30", "title": "比武", "level": "CITY", "place": 1, "teamMates": [CAI.0] });
    assert_eq!(refused(&east, "placeInContest", &team), "policy.denied", "a team mate is out of reach");
    assert_eq!(refused(&east, "defineMetric", &sample("defineMetric")), "policy.denied");
}

#[test]
fn what_was_recorded_a_moment_ago_is_waited_for() {
    let (new, branch) =
        (domain::id::MemberId(uuid::Uuid::from_u128(0x15)), domain::id::BranchId(uuid::Uuid::from_u128(0xD)));
    let recorded = || vec![established(branch, Some(EAST), "新支部"), registered(new, branch)];
    for (mutation, input) in [
        ("suspendMember", json!({ "member": new.0, "on": "2022-06-30", "reason": "病假" })),
        ("openOutlet", json!({ "branch": branch.0, "kind": "DELIVERY", "name": "三号揽投部", "on": "2022-06-30" })),
    ] {
        let twin = told();
        twin.then(recorded());
        twin.behind.store(2, Ordering::Relaxed);
        let east = twin.by(Some(viewer(Role::BranchSecretary, None, Some(EAST))));
        assert_eq!(send(&east, mutation, &input)["refusal"], Value::Null, "{mutation}");
        assert_eq!(twin.behind.load(Ordering::Relaxed), 0, "{mutation}");
    }
}

#[test]
fn a_member_keeps_the_own_commitments() {
    let ana = told().by(Some(viewer(Role::Member, Some(ANA), None)));
    let promise =
        |member: uuid::Uuid| json!({ "member": member, "on": "2022-06-30", "due": "2022-12-31", "text": "服务群众" });
    assert_eq!(send(&ana, "makeCommitment", &promise(ANA.0))["refusal"], Value::Null);
    assert_eq!(refused(&ana, "makeCommitment", &promise(CAI.0)), "policy.denied");
}

#[test]
fn another_system_reports_results_and_nothing_else() {
    for mutation in mutations() {
        let twin = told();
        let system = twin.by(Some(viewer(Role::Integration, None, None)));
        let outcome = send(&system, &mutation, &sample(&mutation));
        let may = ["report", "correct", "withdraw"];
        let may = may.map(|what| [format!("{what}MemberResult"), format!("{what}BranchResult")]).concat();
        assert_eq!(outcome["refusal"].is_null(), may.contains(&mutation), "{mutation}: {outcome}");
    }
}

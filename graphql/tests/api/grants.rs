//! Whoever proved who they are holds what the log says today.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::branch::BranchEvent;
use domain::event::Event;
use domain::grant::Role;
use domain::id::{ActorId, BranchId, GrantId, MemberId};
use domain::member::MemberEvent;
use domain::stream::StreamId;
use domain::text::Sealed;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::mutations::refused;
use crate::story::{ANA, BAO, CAI, EAST, WEST, branch, established, member, sealed, told};
use crate::support::Asking;
use crate::twin::Twin;

const ME: &str = "o-me";
/// What the twin's clock says today is.
const TODAY: Date = date(2022, 12, 31);

fn of(number: u128) -> GrantId {
    GrantId(Uuid::from_u128(0x6000 + number))
}

fn granted(number: u128, at: BranchId, role: Role, days: (Date, Option<Date>)) -> (StreamId, Event) {
    let (to, (from, until)) = (ActorId(ME.to_owned()), days);
    branch(at, BranchEvent::RoleGranted { grant: of(number), to, role, from, until })
}

fn withdrawn(number: u128, at: BranchId) -> (StreamId, Event) {
    branch(at, BranchEvent::RoleWithdrawn { grant: of(number), reason: sealed("离岗") })
}

fn linked(who: MemberId, account: &str) -> (StreamId, Event) {
    member(who, MemberEvent::AccountLinked { account: ActorId(account.to_owned()) })
}

/// The story, and then this.
fn after(events: Vec<(StreamId, Event)>) -> Arc<Twin> {
    let twin = told();
    twin.then(events);
    twin
}

fn me(twin: &Arc<Twin>) -> Asking {
    twin.proved(ME, None)
}

fn roles(twin: &Arc<Twin>) -> Value {
    me(twin).ask("{ viewer { roles { role } } }")["viewer"]["roles"].take()
}

fn page(who: MemberId) -> String {
    format!(r#"{{ member(id: "{}") {{ counts {{ trainings }} }} }}"#, who.0)
}

#[test]
fn a_role_reaches_the_subtree_it_was_granted_for_and_nothing_else() {
    let twin = after(vec![granted(1, EAST, Role::BranchSecretary, (TODAY, None))]);
    let told = me(&twin).ask("{ viewer { id roles { role branch { name } from until } member { id } } }");
    let role =
        json!({ "role": "BRANCH_SECRETARY", "branch": { "name": "东区支部" }, "from": "2022-12-31", "until": null });
    assert_eq!(told["viewer"], json!({ "id": ME, "roles": [role], "member": null }));
    assert_eq!(me(&twin).ask(&page(ANA))["member"]["counts"], json!({ "trainings": 1 }));
    assert_eq!(me(&twin).code(&page(CAI)), "policy.denied");
    assert_eq!(me(&twin).code("{ organisation { id } }"), "policy.denied");
    assert_eq!(twin.proved("o-other", None).code(&page(ANA)), "policy.denied", "what is granted is to one alone");
}

#[test]
fn each_role_is_held_for_its_own_subtree() {
    let days = (TODAY, None);
    let roles = vec![granted(1, EAST, Role::Auditor, days), granted(2, WEST, Role::BranchSecretary, days)];
    let twin = after(roles);
    assert_eq!(me(&twin).ask(&page(ANA))["member"]["counts"], json!({ "trainings": 1 }));
    let reads =
        |of: BranchId| format!(r#"{{ recordedReads(subject: {{ kind: BRANCH, id: "{}" }}) {{ position }} }}"#, of.0);
    me(&twin).ask(&reads(EAST));
    assert_eq!(me(&twin).code(&reads(WEST)), "policy.denied", "the auditor's right is for the east");
    let training =
        |of: BranchId| json!({ "branch": of.0, "on": "2022-06-01", "topic": "学习", "minutes": 60, "attendees": [] });
    assert_eq!(refused(&me(&twin), "holdTraining", &training(EAST)), "policy.denied", "the secretary's for the west");
    let sent = crate::mutations::send(&me(&twin), "holdTraining", &training(WEST));
    assert_eq!(sent["refusal"], Value::Null);
}

#[test]
fn a_role_at_the_top_committee_is_for_the_whole_organisation() {
    let twin = after(vec![granted(1, BranchId::root(), Role::Office, (TODAY, None))]);
    assert_eq!(me(&twin).ask("{ organisation { name } }")["organisation"]["name"], "市公司党委");
    me(&twin).ask("{ log { skips { reason } } }");
    let told = me(&twin).ask("{ viewer { roles { role branch { id } } } }");
    assert_eq!(told["viewer"]["roles"], json!([{ "role": "OFFICE", "branch": null }]));
}

#[test]
fn without_a_role_one_is_told_who_one_is_and_nothing_more() {
    let twin = told();
    let told = me(&twin).ask("{ viewer { id roles { role } member { id } } log { position } }");
    assert_eq!(told["viewer"], json!({ "id": ME, "roles": [], "member": null }));
    for text in [
        page(ANA),
        "{ metrics { position } }".to_owned(),
        "{ ruleSets { position } }".to_owned(),
        "{ rulePresets { name } }".to_owned(),
        "{ log { folds { name } } }".to_owned(),
        "{ members { position } }".to_owned(),
        "{ report(year: 2022) { year } }".to_owned(),
        "{ grants { position } }".to_owned(),
        "{ auditTrail { position } }".to_owned(),
    ] {
        assert_eq!(me(&twin).code(&text), "policy.denied", "{text}");
    }
}

#[test]
fn a_role_counts_from_its_first_day_to_its_last() {
    let (first, last) = (date(2023, 1, 1), date(2023, 1, 2));
    let twin = after(vec![granted(1, EAST, Role::Leader, (first, Some(last)))]);
    for (days, counts) in [(0, false), (1, true), (2, true), (3, false)] {
        twin.days.store(days, Ordering::Relaxed);
        assert_eq!(roles(&twin) == json!([{ "role": "LEADER" }]), counts, "after {days} days");
        let response = me(&twin).response(&page(ANA), Value::Null);
        assert_eq!(response.errors.is_empty(), counts, "after {days} days");
    }
}

#[test]
fn the_day_is_that_of_the_organisation() {
    let twin = after(vec![granted(1, EAST, Role::Leader, (date(2023, 1, 1), None))]);
    // Noon UTC is 20:00 in Shanghai: four hours later it is the next day there.
    assert_eq!(roles(&twin), json!([]));
    twin.hours.store(4, Ordering::Relaxed);
    assert_eq!(roles(&twin), json!([{ "role": "LEADER" }]));
}

#[test]
fn a_role_that_was_withdrawn_is_held_no_more_not_even_for_a_moment_of_before() {
    let twin = after(vec![granted(1, EAST, Role::Leader, (TODAY, None)), withdrawn(1, EAST)]);
    assert_eq!(roles(&twin), json!([]));
    let before = format!(r#"{{ member(id: "{}", asOf: {{ position: "18" }}) {{ post }} }}"#, ANA.0);
    assert_eq!(me(&twin).code(&before), "policy.denied");
}

#[test]
fn a_role_goes_where_its_branch_goes_and_ends_with_it() {
    let (on, reason) = (date(2022, 6, 1), sealed("调整"));
    let third = BranchId(Uuid::from_u128(0xC));
    let grants = || {
        vec![
            granted(1, WEST, Role::BranchSecretary, (TODAY, None)),
            established(third, Some(BranchId::root()), "三区支部"),
        ]
    };
    let twin = after(grants());
    twin.then(vec![branch(third, BranchEvent::Moved { from: BranchId::root(), to: WEST, on, reason: reason.clone() })]);
    let named = format!(r#"{{ branch(id: "{}") {{ name }} }}"#, third.0);
    assert_eq!(me(&twin).ask(&named)["branch"]["name"], "三区支部", "what comes under the branch is in reach");
    for end in [BranchEvent::Closed { on, reason: reason.clone() }, BranchEvent::Merged { into: EAST, on, reason }] {
        let twin = after(grants());
        assert_eq!(roles(&twin), json!([{ "role": "BRANCH_SECRETARY" }]));
        twin.then(vec![branch(WEST, end)]);
        assert_eq!(roles(&twin), json!([]));
        assert_eq!(me(&twin).code(&page(CAI)), "policy.denied");
    }
}

#[test]
fn an_account_acts_as_its_member_until_it_is_unlinked() {
    let twin = after(vec![linked(ANA, ME)]);
    let told = me(&twin).ask("{ viewer { roles { role branch { id } } member { id } } }");
    assert_eq!(told["viewer"], json!({ "roles": [{ "role": "MEMBER", "branch": null }], "member": { "id": ANA.0 } }));
    assert_eq!(me(&twin).ask(&page(ANA))["member"]["counts"], json!({ "trainings": 1 }));
    assert_eq!(me(&twin).code(&page(BAO)), "policy.denied");
    twin.then(vec![member(ANA, MemberEvent::AccountUnlinked { account: ActorId(ME.to_owned()) })]);
    assert_eq!(roles(&twin), json!([]));
    assert_eq!(me(&twin).code(&page(ANA)), "policy.denied");
}

#[test]
fn an_account_of_two_members_acts_as_neither() {
    let twin = after(vec![linked(ANA, ME), linked(CAI, ME)]);
    assert_eq!(
        me(&twin).ask("{ viewer { roles { role } member { id } } }")["viewer"],
        json!({ "roles": [], "member": null })
    );
    for who in [ANA, CAI] {
        assert_eq!(me(&twin).code(&page(who)), "policy.denied");
    }
    twin.then(vec![member(CAI, MemberEvent::AccountUnlinked { account: ActorId(ME.to_owned()) })]);
    assert_eq!(me(&twin).ask(&page(ANA))["member"]["counts"], json!({ "trainings": 1 }));
}

#[test]
fn an_account_of_another_member_is_not_linked_and_the_own_one_may_be_sent_again() {
    let twin = after(vec![linked(ANA, ME)]);
    let office = twin.office();
    let link = |who: MemberId| json!({ "member": who.0, "account": ME, "commandId": "link" });
    assert_eq!(refused(&office, "linkAccount", &link(CAI)), "account.in_use");
    assert_eq!(crate::mutations::send(&office, "linkAccount", &link(ANA))["refusal"], Value::Null);
}

#[test]
fn who_proved_who_they_are_for_a_time_is_nobody_afterwards() {
    let twin = after(vec![granted(1, EAST, Role::Leader, (TODAY, None))]);
    let until = "2022-12-31T13:00:00Z".parse().unwrap();
    let asking = twin.proved(ME, Some(until));
    asking.ask(&page(ANA));
    twin.hours.store(1, Ordering::Relaxed);
    for text in [page(ANA), "{ viewer { id } }".to_owned()] {
        assert_eq!(asking.code(&text), "unauthenticated", "{text}");
    }
    let outcome =
        asking.response(r#"mutation { approveTalk(input: { with: { member: "x" }, talk: "x" }) { of } }"#, Value::Null);
    assert_eq!(outcome.errors.len(), 1);
}

#[test]
fn a_subscription_ends_when_its_role_is_withdrawn() {
    let until_then = vec![granted(1, EAST, Role::BranchSecretary, (TODAY, None)), member(BAO, suspended())];
    let twin = after([until_then, vec![withdrawn(1, EAST), member(ANA, reinstated())]].concat());
    twin.moves_from.store(18, Ordering::Relaxed);
    let followed = me(&twin).follow(r#"subscription { auditTrail(after: "18") { position } }"#);
    assert_eq!(followed, [json!({ "auditTrail": { "position": "19" } }), json!("\"policy.denied\"")]);
    let board = r#"subscription { leaderboard(board: { subject: MEMBER, measure: { metric: "premium" },
        period: { month: { year: 2022, month: 1 } } }) { nodes { rank } } }"#;
    let answers = me(&twin).follow(board);
    assert_eq!((answers.len(), answers.last()), (2, Some(&json!("\"policy.denied\""))), "{answers:?}");
}

fn suspended() -> MemberEvent {
    MemberEvent::Suspended { on: date(2022, 3, 1), reason: sealed("休假") }
}

fn reinstated() -> MemberEvent {
    MemberEvent::Reinstated { on: date(2022, 3, 2), reason: Sealed("sealed:回岗".to_owned()) }
}

#[test]
fn grants_are_listed_with_who_gave_and_took_them_as_of_any_moment() {
    let days = (TODAY, Some(date(2023, 6, 30)));
    let twin =
        after(vec![granted(1, EAST, Role::Leader, days), granted(2, WEST, Role::Auditor, days), withdrawn(1, EAST)]);
    let all = "nodes { id to role from until grantedBy isWithdrawn withdrawnBy withdrawnFor branch { name } events { nodes { type } } } totalCount";
    let told = twin.office().ask(&format!("{{ grants {{ {all} }} }}"));
    let grant = |number: u128, role: &str, branch: &str| {
        json!({ "id": of(number).0, "to": ME, "role": role,
        "from": "2022-12-31", "until": "2023-06-30", "grantedBy": "office", "branch": { "name": branch } })
    };
    let with = |mut grant: Value, more: Value| {
        grant.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        grant
    };
    let standing = json!({ "isWithdrawn": false, "withdrawnBy": null, "withdrawnFor": null,
        "events": { "nodes": [{ "type": "branch_role_granted" }] } });
    let gone = json!({ "isWithdrawn": true, "withdrawnBy": "office", "withdrawnFor": "离岗",
        "events": { "nodes": [{ "type": "branch_role_granted" }, { "type": "branch_role_withdrawn" }] } });
    let expected = [with(grant(2, "AUDITOR", "西区支部"), standing), with(grant(1, "LEADER", "东区支部"), gone)];
    assert_eq!(told["grants"]["nodes"], json!(expected));
    let count = |filter: &str, moment: &str| {
        let text = format!("{{ grants(filter: {{ {filter} }}{moment}) {{ totalCount }} }}");
        twin.office().ask(&text)["grants"]["totalCount"].as_u64()
    };
    let east = format!(r#"within: "{}""#, EAST.0);
    for (filter, moment, found) in [
        ("", "", 2),
        (&*east, "", 1),
        (r#"to: "o-me", role: AUDITOR"#, "", 1),
        (r#"to: "o-other""#, "", 0),
        ("isWithdrawn: true", "", 1),
        ("isWithdrawn: true", r#", asOf: { position: "19" }"#, 0),
        ("", r#", asOf: { position: "18" }"#, 1),
    ] {
        assert_eq!(count(filter, moment), Some(found), "{filter} {moment}");
    }
    let auditor = me(&twin).ask(&format!("{{ grants {{ {all} }} }}"));
    assert_eq!(auditor["grants"]["totalCount"], 1, "the auditor of the west sees what was granted there");
    let asked = format!(r#"{{ member(id: "{}") {{ account }} }}"#, CAI.0);
    twin.then(vec![linked(CAI, "o-cai")]);
    assert_eq!(me(&twin).ask(&asked)["member"]["account"], "o-cai");
    assert_eq!(
        twin.proved("o-cai", None).ask(&asked)["member"]["account"],
        Value::Null,
        "masked to whoever sees no grants"
    );
}

#[test]
fn what_somebody_holds_is_read_at_once_however_much_it_is() {
    let events =
        (0..60).map(|number| granted(number, if number % 2 == 0 { EAST } else { WEST }, Role::Leader, (TODAY, None)));
    let twin = after(events.chain([linked(ANA, ME)]).collect());
    let asked = format!(
        "{{ a: member(id: \"{0}\") {{ post }} b: member(id: \"{0}\") {{ counts {{ services }} }} members {{ position }} }}",
        ANA.0
    );
    twin.reads.store(0, Ordering::Relaxed);
    me(&twin).ask(&asked);
    let reads = twin.reads.load(Ordering::Relaxed);
    assert!(reads <= 6, "{reads} reads: grants, accounts, tree, the member, once each, and the list");
}

//! Rounds and talks at the door: who may, what is sent, what is answered of several; and what is due.

use std::sync::Arc;

use domain::branch::BranchEvent;
use domain::event::Event;
use domain::id::{AppealId, BranchId, MemberId, RoundId, TalkId};
use domain::member::{MemberCommand, MemberEvent};
use domain::round::{Fix, Group, Preset, RoundCommand, RoundEvent};
use domain::stream::StreamId;
use domain::text::Sealed;
use domain::world::Command;
use graphql::viewer::Role;
use jiff::civil::date;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::evaluation::{self, ROUND, told_with};
use crate::mutations::{refused, send};
use crate::story::{ANA, BAO, CAI, DAN, EAST, WEST, branch, member, told};
use crate::support::{Asking, viewer};
use crate::twin::Twin;

/// The round, the appeal and the talk of these tests; samples name everything by this one id.
const ID: Uuid = ANA.0;
const OTHER: RoundId = RoundId(Uuid::from_u128(0xD1));

fn sealed(text: &str) -> Sealed {
    Sealed(format!("sealed:{text}"))
}

fn round(of: Uuid, event: RoundEvent) -> (StreamId, Event) {
    (RoundId(of).into(), event.into())
}

fn drafted(of: Uuid, branches: &[BranchId]) -> (StreamId, Event) {
    let (branches, period) = (branches.to_vec(), "2022-Q1".parse().unwrap());
    round(of, RoundEvent::Drafted { branches, period, rules_version: 2022 })
}

fn opened(of: Uuid, closes_at: &str) -> (StreamId, Event) {
    let (rules, groups, scrutineers) = (Preset::Default.rules(), vec![Group::Leader], vec![]);
    round(of, RoundEvent::Opened { rules, groups, closes_at: closes_at.parse().unwrap(), scrutineers })
}

fn filed(appeal: u128, by: MemberId, answer_until: &str) -> (StreamId, Event) {
    let (appeal, text) = (AppealId(Uuid::from_u128(appeal)), sealed("不服"));
    let answer_until = answer_until.parse().unwrap();
    round(ID, RoundEvent::AppealFiled { appeal, member: by, text, answer_until, by: None })
}

/// The story, and then rules of version 2022, a round of the east branch with an appeal, and another over both branches.
pub fn reviewing() -> Arc<Twin> {
    let twin = told();
    let adopted = BranchEvent::RulesAdopted { version: 2022, rules: Preset::Default.rules() };
    twin.then(vec![
        branch(BranchId::root(), adopted),
        drafted(ID, &[EAST]),
        drafted(OTHER.0, &[EAST, WEST]),
        filed(ID.as_u128(), BAO, "2022-07-20T16:00:00Z"),
    ]);
    twin
}

fn sent(twin: &Twin) -> Vec<Command> {
    twin.sent.lock().unwrap().iter().map(|(_, command, _)| command.clone()).collect()
}

fn only(twin: &Twin) -> RoundCommand {
    match &sent(twin)[..] {
        [Command::Round(_, command)] => command.clone(),
        others => panic!("{others:?}"),
    }
}

fn member_of(twin: &Arc<Twin>, who: MemberId) -> Asking {
    twin.by(Some(viewer(Role::Member, Some(who), None)))
}

fn secretary_of(twin: &Arc<Twin>, of: BranchId) -> Asking {
    twin.by(Some(viewer(Role::BranchSecretary, None, Some(of))))
}

#[test]
fn a_round_is_reached_where_every_branch_of_it_is() {
    let twin = reviewing();
    let paper = |of: Uuid| json!({ "round": of, "group": "PUBLIC", "count": 20 });
    let east = secretary_of(&twin, EAST);
    assert_eq!(send(&east, "issuePaper", &paper(ID))["refusal"], Value::Null);
    assert_eq!(refused(&east, "issuePaper", &paper(OTHER.0)), "policy.denied", "the west is out of reach");
    assert_eq!(refused(&east, "issuePaper", &paper(CAI.0)), "policy.denied", "no such round answers alike");
    assert_eq!(refused(&secretary_of(&twin, WEST), "issuePaper", &paper(ID)), "policy.denied");
    assert_eq!(refused(&east, "closeRound", &json!({ "round": ID })), "policy.denied", "the office runs rounds");
    let scoped = twin.by(Some(viewer(Role::Office, None, Some(EAST))));
    assert_eq!(send(&scoped, "closeRound", &json!({ "round": ID }))["refusal"], Value::Null);
    assert_eq!(refused(&scoped, "closeRound", &json!({ "round": OTHER.0 })), "policy.denied");
    assert_eq!(refused(&scoped, "adoptRules", &json!({ "preset": "DEFAULT" })), "policy.denied");
    let draft = |branches: Value| json!({ "branches": branches, "period": { "year": 2022 }, "rulesVersion": 1 });
    assert_eq!(refused(&scoped, "draftRound", &draft(json!([EAST.0, WEST.0]))), "policy.denied");
    assert_eq!(refused(&scoped, "draftRound", &draft(json!([]))), "policy.denied");
}

#[test]
fn a_round_recorded_a_moment_ago_is_waited_for() {
    let twin = reviewing();
    twin.behind.store(3, std::sync::atomic::Ordering::Relaxed);
    let paper = json!({ "round": ID, "group": "PUBLIC" });
    assert_eq!(send(&secretary_of(&twin, EAST), "issuePaper", &paper)["refusal"], Value::Null);
}

#[test]
fn everybody_takes_part_as_themselves() {
    let marks =
        json!({ "round": ID, "member": BAO.0, "marks": [{ "dimension": "duty", "mark": "90.5" }], "comment": "好" });
    let twin = reviewing();
    // A refusal by a rule would tell where the round stands.
    let of_nowhere = json!({ "round": CAI.0, "text": "尽职" });
    assert_eq!(refused(&member_of(&twin, CAI), "giveLeaderReview", &marks), "policy.denied", "out of reach");
    assert_eq!(refused(&member_of(&twin, CAI), "giveSelfReview", &of_nowhere), "policy.denied", "no such round");
    let leaders = vec![CAI];
    let roster = RoundEvent::RosterFixed { people: vec![], leaders, peers: vec![], suspended: vec![] };
    twin.then(vec![round(ID, roster)]);
    twin.behind.store(1, std::sync::atomic::Ordering::Relaxed);
    let outcome = send(&member_of(&twin, CAI), "giveLeaderReview", &marks);
    assert_eq!((&outcome["refusal"], &outcome["of"]), (&Value::Null, &json!(ID)), "named a moment ago");
    let RoundCommand::GiveLeaderReview { reviewer, member, marks: given, comment } = only(&twin) else { panic!() };
    assert_eq!((reviewer, member, comment), (CAI, BAO, Some(sealed("好"))));
    assert_eq!(given.into_iter().map(|(of, mark)| format!("{of}={mark}")).collect::<Vec<_>>(), ["duty=90.5"]);
    for role in [Role::Office, Role::Leader, Role::BranchSecretary, Role::Auditor, Role::Integration] {
        let nobody = twin.by(Some(viewer(role, None, None)));
        for (mutation, input) in [
            ("giveLeaderReview", marks.clone()),
            ("giveSelfReview", json!({ "round": ID, "text": "尽职" })),
            ("fileAppeal", json!({ "round": ID, "text": "不服" })),
            ("countPaper", json!({ "round": ID, "group": "PEER", "persons": [] })),
        ] {
            assert_eq!(refused(&nobody, mutation, &input), "policy.denied", "{role:?} without a member: {mutation}");
        }
    }
    let auditor = twin.by(Some(viewer(Role::Auditor, Some(CAI), None)));
    assert_eq!(refused(&auditor, "giveLeaderReview", &marks), "policy.denied");
}

#[test]
fn a_preset_is_adopted_as_it_is_or_with_rules_of_ones_own() {
    let adopted = |input: Value| {
        let twin = told();
        assert_eq!(send(&twin.office(), "adoptRules", &input)["refusal"], Value::Null, "{input}");
        match sent(&twin).remove(0) {
            Command::Branch(_, domain::branch::BranchCommand::AdoptRules(rules)) => *rules,
            other => panic!("{other:?}"),
        }
    };
    for (name, preset) in [
        ("DEFAULT", Preset::Default),
        ("THREE_GRADES", Preset::ThreeGrades),
        ("TWENTY_EIGHTY", Preset::TwentyEighty),
        ("RENORMALISE", Preset::Renormalise),
    ] {
        assert_eq!(adopted(json!({ "preset": name })), preset.rules());
    }
    let rules = adopted(
        json!({ "preset": "DEFAULT", "cap": null, "trimFrom": 7, "threshold": 3, "ties": ["LEADER_SCORE"],
        "calendar": { "off": ["2022-10-03"], "worked": ["2022-10-08"] },
        "groups": [{ "group": "LEADER", "weightPercent": "100.00", "dimensions": [{ "code": "duty", "title": "履职" }] }] }),
    );
    assert_eq!((rules.cap, rules.trim_from, rules.threshold, rules.groups.len()), (None, Some(7), 3, 1));
    assert_eq!(rules.calendar.off, [date(2022, 10, 3)]);
    assert_eq!(rules.scale, Preset::Default.rules().scale, "what is not given is the preset's");
    for (changes, code) in [
        (json!({ "threshold": -1 }), "input.bad_number"),
        (json!({ "bands": [{ "grade": "Excellent", "from": "90" }] }), "text.bad_code"),
        (json!({ "bands": [{ "grade": "excellent", "from": "much" }] }), "amount.not_a_number"),
        (json!({ "calendar": { "off": ["2022-02-30"] } }), "input.bad_date"),
        (json!({ "scale": [{ "grade": "good", "title": "", "points": "1" }] }), "text.empty"),
    ] {
        let mut input = json!({ "preset": "DEFAULT" });
        input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        assert_eq!(refused(&told().office(), "adoptRules", &input), code, "{changes}");
    }
}

#[test]
fn a_plan_drafts_a_round_for_each_large_branch_and_one_for_small_neighbours() {
    let twin = reviewing();
    let text = "mutation($input: DraftRoundsInput!) { draftRounds(input: $input) { commandId position of replayed
        refusal { code } items { about outcome { of commandId replayed refusal { code } } } } }";
    let draft = |input: Value| twin.office().with(text, json!({ "input": input }))["draftRounds"].clone();
    let input =
        json!({ "period": { "quarter": { "year": 2022, "quarter": 1 } }, "rulesVersion": 2022, "commandId": "p-1" });
    let first = draft(input.clone());
    assert_eq!((&first["refusal"], &first["replayed"]), (&Value::Null, &json!(false)));
    let items = first["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["about"]), (1, &json!([EAST.0, WEST.0])), "both are small and share a parent");
    let RoundCommand::Draft { branches, rules_version, .. } = only(&twin) else { panic!() };
    assert_eq!((branches, rules_version), (vec![EAST, WEST], 2022));
    let again = draft(input);
    assert_eq!((&again["replayed"], &again["items"][0]["outcome"]["of"]), (&json!(true), &first["of"]));
    let unknown = draft(json!({ "period": { "year": 2022 }, "rulesVersion": 7 }));
    assert_eq!(unknown["refusal"]["code"], "round.unknown_rules");
    let alone = draft(json!({ "period": { "year": 2022 }, "rulesVersion": 2022, "within": WEST.0 }));
    assert_eq!(alone["items"][0]["about"], json!([WEST.0]));
}

#[test]
fn what_is_planned_is_what_is_drafted_where_a_branch_is_claimed_already() {
    let claim = |of, round| branch(of, BranchEvent::PeriodClaimed { round, period: "2022-Q1".parse().unwrap() });
    let twin = reviewing();
    twin.then(vec![claim(EAST, OTHER)]);
    let plan = "{ roundPlan(period: { quarter: { year: 2022, quarter: 1 } }, rulesVersion: 2022) {
        rounds { branches { branch { of } } } claimed { branch { of } round { of } } } }";
    let planned = &twin.office().ask(plan)["roundPlan"];
    let alone = json!([{ "branches": [{ "branch": { "of": WEST.0 } }] }]);
    let claimed = json!([{ "branch": { "of": EAST.0 }, "round": { "of": OTHER.0 } }]);
    assert_eq!((&planned["rounds"], &planned["claimed"]), (&alone, &claimed));

    let text = "mutation($input: DraftRoundsInput!) { draftRounds(input: $input) { of
        items { about outcome { of replayed refusal { code facts { name value } } } } } }";
    let input =
        json!({ "period": { "quarter": { "year": 2022, "quarter": 1 } }, "rulesVersion": 2022, "commandId": "p-2" });
    let draft = || twin.office().with(text, json!({ "input": input }))["draftRounds"].clone();
    let first = draft();
    assert_eq!((first["items"].as_array().unwrap().len(), &first["items"][0]["about"]), (2, &json!([WEST.0])));
    assert_eq!(first["items"][1]["about"], json!([EAST.0]));
    let refusal = &first["items"][1]["outcome"]["refusal"];
    assert_eq!(refusal["code"], "round.period_claimed");
    assert!(refusal["facts"].as_array().unwrap().contains(&json!({ "name": "round", "value": OTHER.0 })), "{refusal}");
    let RoundCommand::Draft { branches, .. } = only(&twin) else { panic!() };
    assert_eq!(branches, vec![WEST]);

    // What the call itself claimed is no reason to refuse it when it is sent again.
    let own = RoundId(first["of"].as_str().unwrap().parse().unwrap());
    twin.then(vec![claim(WEST, own)]);
    let again = draft();
    let of_west = again["items"].as_array().unwrap().iter().find(|item| item["about"] == json!([WEST.0])).unwrap();
    assert_eq!((&of_west["outcome"]["of"], &of_west["outcome"]["replayed"]), (&first["of"], &json!(true)));
    assert_eq!(twin.office().ask(plan)["roundPlan"]["rounds"], json!([]));
}

#[test]
fn persons_are_counted_each_by_itself() {
    let twin = reviewing();
    let count = |grade: &str, number: i64| json!([{ "dimension": "part", "unknown": 1, "grades": [{ "grade": grade, "count": number }] }]);
    let person = |who: MemberId, counts: Value| json!({ "member": who.0, "counts": counts });
    let text = "mutation($input: CountPaperInput!) { countPaper(input: $input) {
        of refusal { code facts { name value } } items { about outcome { commandId refusal { code } } } } }";
    let enter = |persons: Value| {
        let input = json!({ "round": OTHER.0, "group": "PEER", "persons": persons, "commandId": "k-1" });
        member_of(&twin, DAN).with(text, json!({ "input": input }))["countPaper"].clone()
    };
    let twice = json!([{ "dimension": "part", "grades": [] }, { "dimension": "part", "grades": [] }]);
    let answered =
        enter(json!([person(ANA, count("excellent", 5)), person(BAO, count("excellent", -5)), person(CAI, twice),]));
    let codes: Vec<&Value> =
        answered["items"].as_array().unwrap().iter().map(|item| &item["outcome"]["refusal"]["code"]).collect();
    assert_eq!(codes, [&Value::Null, &json!("input.bad_number"), &json!("input.named_twice")]);
    assert_eq!((&answered["refusal"], &answered["of"]), (&Value::Null, &json!(OTHER.0)));
    let RoundCommand::CountPaper { group, member, scrutineer, counts } = only(&twin) else { panic!() };
    assert_eq!((group, member, scrutineer), (Group::Peer, ANA, DAN));
    assert_eq!(counts.values().map(|count| (count.valid(), count.unknown)).collect::<Vec<_>>(), [(5, 1)]);
    let (asker, ..) = twin.sent.lock().unwrap()[0].clone();
    assert_eq!(asker.correlation, "k-1");
    assert_eq!(enter(json!([person(ANA, json!([])), person(ANA, json!([]))]))["refusal"]["code"], "input.named_twice");
    let crowd: Vec<Value> = (0..501).map(|number| person(MemberId(Uuid::from_u128(number)), json!([]))).collect();
    assert_eq!(enter(crowd.into())["refusal"]["code"], "input.too_many");
}

#[test]
fn an_answer_to_an_appeal_says_what_is_put_right() {
    let twin = reviewing();
    let input = json!({ "round": ID, "appeal": ID, "upheld": true, "answer": "有误", "fixes": [
        { "counts": { "group": "PEER", "counts": [] } },
        { "marks": { "reviewer": CAI.0, "marks": [] } },
        { "grade": "qualified" },
        { "recompute": true },
        { "recompute": false },
    ] });
    let outcome = send(&twin.office(), "answerAppeal", &input);
    assert_eq!(outcome["of"], json!(ID));
    let RoundCommand::AnswerAppeal { upheld: true, fixes, .. } = only(&twin) else { panic!() };
    let kinds = fixes.iter().map(|fix| match fix {
        Fix::Counts { .. } => "counts",
        Fix::Marks { .. } => "marks",
        Fix::Grade { .. } => "grade",
        Fix::Recompute => "recompute",
    });
    assert_eq!(kinds.collect::<Vec<_>>(), ["counts", "marks", "grade", "recompute"]);
    let unknown = json!({ "round": ID, "appeal": CAI.0, "upheld": false, "answer": "无误" });
    assert_eq!(refused(&twin.office(), "answerAppeal", &unknown), "round.unknown_appeal");
}

#[test]
fn a_talk_is_kept_by_whoever_reaches_the_member_or_branch() {
    let twin = reviewing();
    let (with_cai, with_west) = (json!({ "member": CAI.0 }), json!({ "branch": WEST.0 }));
    for with in [&with_cai, &with_west] {
        let propose = json!({ "with": with, "reason": "提醒" });
        assert_eq!(refused(&secretary_of(&twin, EAST), "proposeTalk", &propose), "policy.denied");
        assert_eq!(send(&secretary_of(&twin, WEST), "proposeTalk", &propose)["refusal"], Value::Null);
        assert_eq!(
            refused(&member_of(&twin, CAI), "proposeTalk", &propose),
            "policy.denied",
            "not with oneself either"
        );
    }
    let held = json!({ "with": { "member": CAI.0 }, "talk": ID, "on": "2022-07-01", "by": ANA.0, "record": "谈过" });
    let leader = twin.by(Some(viewer(Role::Leader, None, Some(WEST))));
    assert_eq!(send(&leader, "holdTalk", &held)["of"], json!(ID), "whoever held it is from anywhere");
    let Some(Command::Member(CAI, MemberCommand::HoldTalk { by: ANA, .. })) = sent(&twin).pop() else { panic!() };
}

fn due_rows(asking: &Asking, arguments: &str) -> Vec<Value> {
    let text = format!(
        "{{ dues{arguments} {{ nodes {{ kind item dueAt dueOn noted appeals {{ member {{ of }} overdue }} }} }} }}"
    );
    asking.ask(&text)["dues"]["nodes"].as_array().unwrap().clone()
}

fn kinds(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["kind"].as_str().unwrap()).collect()
}

#[test]
fn what_is_due_is_seen_as_far_as_the_roles_reach_and_no_further() {
    let twin = reviewing();
    let talk = MemberEvent::TalkHeld {
        talk: TalkId(ID),
        on: date(2022, 6, 1),
        by: ANA,
        record: sealed("谈过"),
        follow_up_on: date(2022, 7, 1),
    };
    twin.then(vec![
        opened(ID, "2022-07-05T10:00:00Z"),
        opened(OTHER.0, "2022-07-06T10:00:00Z"),
        member(CAI, talk),
        filed(0xA2, ANA, "2022-07-10T16:00:00Z"),
    ]);
    let all = due_rows(&twin.office(), "");
    assert_eq!(kinds(&all), ["TALK_FOLLOW_UP", "ROUND_CLOSE", "ROUND_CLOSE", "APPEAL_ANSWER"], "the earliest first");
    assert_eq!((&all[0]["dueAt"], &all[0]["dueOn"]), (&json!("2022-07-01T00:00:00+08:00"), &json!("2022-07-01")));
    assert_eq!(all[3]["appeals"].as_array().unwrap().len(), 2);
    assert_eq!(
        kinds(&due_rows(&twin.office(), r#"(until: "2022-07-05T10:00:00Z")"#)),
        ["TALK_FOLLOW_UP", "ROUND_CLOSE"]
    );
    let within = format!("(within: \"{}\")", WEST.0);
    assert_eq!(kinds(&due_rows(&twin.office(), &within)), ["TALK_FOLLOW_UP", "ROUND_CLOSE"]);
    assert_eq!(kinds(&due_rows(&secretary_of(&twin, WEST), "")), ["TALK_FOLLOW_UP", "ROUND_CLOSE"]);
    let bao = due_rows(&member_of(&twin, BAO), "");
    assert_eq!(kinds(&bao), ["ROUND_CLOSE", "ROUND_CLOSE", "APPEAL_ANSWER"], "no talk of a colleague");
    assert_eq!(bao[2]["appeals"], json!([{ "member": { "of": BAO.0 }, "overdue": false }]), "no appeal of a colleague");
    assert_eq!(bao[2]["dueAt"], "2022-07-21T00:00:00+08:00", "nor when one is due");
    assert_eq!(member_of(&twin, BAO).code(&format!("{{ dues{within} {{ position }} }}")), "policy.denied");
    assert_eq!(twin.by(None).code("{ dues { position } }"), "unauthenticated");
    assert_eq!(kinds(&due_rows(&member_of(&twin, CAI), "")), ["TALK_FOLLOW_UP", "ROUND_CLOSE"], "one's own talk");
}

#[test]
fn what_is_due_comes_in_pages() {
    let twin = reviewing();
    twin.then(vec![opened(ID, "2022-07-05T10:00:00Z"), opened(OTHER.0, "2022-07-05T10:00:00Z")]);
    let (mut after, mut seen) = (String::new(), vec![]);
    loop {
        let page = twin.office().ask(&format!(
            "{{ dues(first: 1{after}) {{ nodes {{ item kind }} pageInfo {{ hasNextPage endCursor }} }} }}"
        ));
        seen.extend(
            page["dues"]["nodes"].as_array().unwrap().iter().map(|node| (node["kind"].clone(), node["item"].clone())),
        );
        if page["dues"]["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = format!(", after: {}", page["dues"]["pageInfo"]["endCursor"]);
    }
    let expected = [("ROUND_CLOSE", ID), ("ROUND_CLOSE", OTHER.0), ("APPEAL_ANSWER", ID)];
    assert_eq!(seen, expected.map(|(kind, item)| (json!(kind), json!(item))));
}

#[test]
fn nobody_decides_in_their_own_case() {
    let twin = reviewing();
    let bao = twin.by(Some(viewer(Role::Office, Some(BAO), None)));
    let fix = json!([{ "grade": "excellent" }]);
    let own = [
        ("answerAppeal", json!({ "round": ID, "appeal": ID, "upheld": true, "answer": "属实", "fixes": fix })),
        ("correctResult", json!({ "round": ID, "member": BAO.0, "reason": "属实", "fixes": fix })),
        (
            "decideGrades",
            json!({ "round": ID, "grades": [{ "member": BAO.0, "grade": "excellent", "reason": "属实" }] }),
        ),
        ("moderateComment", json!({ "round": ID, "reviewer": CAI.0, "member": BAO.0, "released": true })),
        ("approveTalk", json!({ "with": { "member": BAO.0 }, "talk": ID })),
        ("declineTalk", json!({ "with": { "member": BAO.0 }, "talk": ID, "reason": "不必" })),
    ];
    for (mutation, input) in &own {
        assert_eq!(refused(&bao, mutation, input), "round.same_person", "{mutation}");
    }
    let other = twin.by(Some(viewer(Role::Office, Some(CAI), None)));
    for (mutation, input) in &own {
        assert_eq!(send(&other, mutation, input)["refusal"], Value::Null, "{mutation}: another may");
    }
}

#[test]
fn who_is_reviewed_in_a_round_decides_no_grades_in_it() {
    let twin = told_with([evaluation::opened()]);
    let decide = json!({ "round": ROUND.0 });
    let reviewed = twin.by(Some(viewer(Role::Office, Some(ANA), None)));
    assert_eq!(refused(&reviewed, "decideGrades", &decide), "round.same_person", "named or not");
    let nobody = twin.by(Some(viewer(Role::Office, None, None)));
    assert_eq!(send(&nobody, "decideGrades", &decide)["refusal"], Value::Null);
}

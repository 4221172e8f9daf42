//! What is recorded of who reads what: before it is answered, denied tries too, and not what is one's own.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_graphql::Value as Given;
use domain::id::MemberId;
use graphql::ports::Look;
use graphql::viewer::{Role, Viewer};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::aftermath::{TALK, talks};
use crate::evaluation::{ROUND, appealed, counted, given, opened, published, told_with};
use crate::story::{ANA, BAO, CAI, DAN, EAST, NOBODY, WEST};
use crate::support::viewer;
use crate::twin::Twin;

const SCORES: &str =
    "board: { subject: MEMBER, measure: { metric: \"premium\" }, period: { quarter: { year: 2022, quarter: 1 } } }";

fn whole() -> Arc<Twin> {
    let twin = told_with([opened(), given(), counted(), published(), appealed()]);
    twin.then(talks());
    twin
}

fn office() -> Viewer {
    viewer(Role::Office, None, None)
}

fn looks(twin: &Twin) -> Vec<Look> {
    twin.looks.lock().unwrap().clone()
}

/// The words and subjects of entries.
type Said = Vec<(&'static str, Vec<Uuid>)>;

fn said(looks: &[Look]) -> Said {
    looks.iter().map(|look| (look.what, look.subjects.clone())).collect()
}

/// Each kind: what is asked for, and the words and subjects it is recorded by.
fn kinds() -> Vec<(String, Said)> {
    let (ana, bao, round) = (ANA.0, BAO.0, ROUND.0);
    let member = |fields: &str| format!(r#"{{ member(id: "{ana}") {{ {fields} }} }}"#);
    let result = |fields: &str| format!(r#"{{ roundResult(round: "{round}", member: "{ana}") {{ {fields} }} }}"#);
    let of_round = |fields: &str| format!(r#"{{ round(id: "{round}") {{ {fields} }} }}"#);
    let page = || vec![("page", vec![ana])];
    let everybody = [ANA.0, BAO.0, CAI.0];
    vec![
        (member("counts { services }"), page()),
        (member("year(year: 2022) { services }"), page()),
        (member("plaqueDuty"), page()),
        (member("records { nodes { on } }"), page()),
        (member("results { nodes { value } }"), page()),
        (member("standings { nodes { value } }"), page()),
        (member("trainings { nodes { on } }"), page()),
        (member("contactPoints { position }"), page()),
        (member("roundResults { nodes { score } }"), vec![("results", vec![ana])]),
        (result("score grade"), vec![("results", vec![ana])]),
        (result("explanation { exact }"), vec![("results", vec![ana])]),
        (result("selfReview { text }"), vec![("results", vec![ana]), ("texts", vec![ana])]),
        (result("leaderReviews { comment }"), vec![("results", vec![ana]), ("texts", vec![ana])]),
        (of_round("results(first: 2) { nodes { score } }"), vec![("results", everybody[..2].to_vec())]),
        (of_round("roster(first: 1) { nodes { result { score } } }"), vec![("results", vec![ana])]),
        (of_round("appeals { nodes { upheld } }"), vec![("appeals", vec![ana])]),
        (of_round("appeals { nodes { text } }"), vec![("appeals", vec![ana]), ("texts", vec![ana])]),
        (of_round("bundle"), vec![("bundle", vec![round])]),
        (format!(r#"{{ talk(id: "{}") {{ record }} }}"#, TALK.0), vec![("talks", vec![bao]), ("texts", vec![bao])]),
        ("{ talks { nodes { step } } }".to_owned(), vec![("talks", vec![bao])]),
        (
            format!("{{ leaderboard({SCORES}, first: 2) {{ nodes {{ rank score }} }} }}"),
            vec![("board", vec![ana, bao])],
        ),
        (format!(r#"{{ rank({SCORES}, subject: "{ana}") {{ rank score }} }}"#), vec![("board", vec![ana])]),
        (
            format!(
                "{{ leaderboardChange({SCORES}, from: {{ position: 11 }}, to: {{ position: 15 }}) {{ nodes {{ scoreChange }} }} }}"
            ),
            vec![("board", vec![ANA.0, BAO.0, CAI.0, DAN.0])],
        ),
        (
            "{ fairness(period: { quarter: { year: 2022, quarter: 1 } }) { rounds } }".to_owned(),
            vec![("fairness", vec![round])],
        ),
        (format!(r#"{{ whatIf(round: "{round}", rules: {{}}) {{ isWhatIf }} }}"#), vec![("what_if", vec![round])]),
        (
            r#"{ auditTrail(filter: { type: "member_result_reported" }, first: 2) { nodes { body } } }"#.to_owned(),
            vec![("events", vec![ana, bao])],
        ),
        (
            r#"{ auditTrail(filter: { type: "round_opened" }) { nodes { body } } }"#.to_owned(),
            vec![("events", vec![round])],
        ),
        ("{ recordedReads { position } }".to_owned(), vec![("reads", vec![])]),
        (
            format!(r#"{{ recordedReads(subject: {{ kind: MEMBER, id: "{ana}" }}) {{ position }} }}"#),
            vec![("reads", vec![ana])],
        ),
    ]
}

#[test]
fn each_kind_of_read_is_recorded_once_with_whom_it_is_about() {
    for (asked, expected) in kinds() {
        let twin = whole();
        twin.by(Some(office())).ask(&asked);
        let recorded = looks(&twin);
        let mut found = said(&recorded);
        found.sort();
        assert_eq!(found, expected, "{asked}");
        assert!(recorded.iter().all(|look| look.viewer.0 == "office" && !look.denied && look.why.is_none()));
    }
}

#[test]
fn what_cannot_be_recorded_is_not_answered() {
    for (asked, _) in kinds() {
        let twin = whole();
        twin.deaf.store(true, Ordering::Relaxed);
        let office = twin.by(Some(office()));
        let response = office.response(&asked, Value::Null);
        assert_eq!(response.data, Given::Null, "{asked}");
        assert_eq!(office.code(&asked), "internal", "{asked}");
    }
}

#[test]
fn what_is_ones_own_and_what_is_nobodys_in_particular_leaves_no_record() {
    let twin = whole();
    let ana = viewer(Role::Member, Some(ANA), None);
    let own = format!(
        r#"{{ member(id: "{}") {{ counts {{ services }} results {{ nodes {{ value }} }} roundResults {{ nodes {{ score }} }} }}
            rank({SCORES}, subject: "{}") {{ score }} }}"#,
        ANA.0, ANA.0
    );
    twin.by(Some(ana)).ask(&own);
    twin.by(Some(office())).ask(&format!(
        r#"{{ report(year: 2022) {{ figures {{ code }} }} branch(id: "{}") {{ counts {{ members }} }} members {{ nodes {{ post }} }}
            rounds {{ nodes {{ stage voting {{ group }} }} }} metrics {{ nodes {{ code }} }}
            leaderboard(board: {{ subject: BRANCH, measure: {{ metric: "premium" }}, period: {{ year: 2022 }} }}) {{ nodes {{ score }} }} }}"#,
        EAST.0
    ));
    assert_eq!(said(&looks(&twin)), []);
    // A board of the branch shows others beside oneself: those are recorded.
    twin.by(Some(viewer(Role::Member, Some(ANA), None)))
        .ask(&format!("{{ leaderboard({SCORES}) {{ nodes {{ score }} }} }}"));
    assert_eq!(said(&looks(&twin)), [("board", vec![BAO.0])]);
}

#[test]
fn a_page_is_one_entry_that_names_each_subject_once_however_it_is_asked_for() {
    let twin = whole();
    let asked = "{ a: members { nodes { counts { services } year(year: 2022) { services } } } b: members { nodes { records { position } } } }";
    twin.by(Some(office())).ask(asked);
    let recorded = looks(&twin);
    assert_eq!(recorded.len(), 1, "{recorded:?}");
    assert_eq!(recorded[0].subjects, [ANA, BAO, CAI, DAN].map(|member| member.0));
}

#[test]
fn what_is_denied_is_recorded_with_what_was_asked_for_and_the_answer_tells_nothing_of_it() {
    let secretary = viewer(Role::BranchSecretary, None, Some(WEST));
    let far = |of: MemberId, fields: &str| format!(r#"{{ member(id: "{}") {{ {fields} }} }}"#, of.0);
    let result = |of: MemberId| format!(r#"{{ roundResult(round: "{}", member: "{}") {{ score }} }}"#, ROUND.0, of.0);
    let round = ROUND.0;
    for (who, asked, what, about) in [
        (secretary.clone(), far(ANA, "counts { services }"), "see_roster", vec![ANA.0]),
        (secretary.clone(), far(NOBODY, "counts { services }"), "see_roster", vec![NOBODY.0]),
        (secretary.clone(), result(ANA), "see_results", vec![ANA.0]),
        (secretary.clone(), result(NOBODY), "see_results", vec![NOBODY.0]),
        (
            secretary.clone(),
            format!(r#"{{ roundProposal(round: "{round}") {{ stage }} }}"#),
            "see_proposal",
            vec![round],
        ),
        (
            secretary.clone(),
            format!(r#"{{ roundComments(round: "{}") {{ position }} }}"#, ANA.0),
            "see_proposal",
            vec![ANA.0],
        ),
        (secretary.clone(), format!(r#"{{ round(id: "{round}") {{ bundle }} }}"#), "see_results", vec![round]),
        (secretary.clone(), "{ recordedReads { position } }".to_owned(), "see_reads", vec![]),
        (viewer(Role::Member, Some(CAI), None), far(DAN, "results { position }"), "see_member", vec![DAN.0]),
        (viewer(Role::Integration, None, None), "{ auditTrail { position } }".to_owned(), "see_trail", vec![]),
    ] {
        let twin = whole();
        assert_eq!(twin.by(Some(who.clone())).code(&asked), "policy.denied", "{asked}");
        let recorded = looks(&twin);
        assert_eq!(said(&recorded), [(what, about)], "{asked}");
        assert!(recorded[0].denied && recorded[0].viewer == who.id, "{asked}");
        twin.deaf.store(true, Ordering::Relaxed);
        assert_eq!(twin.by(Some(who)).code(&asked), "internal", "not even that it is denied is told without a record");
    }
    let twin = whole();
    let answers = [ANA, NOBODY].map(|of| {
        let response = twin.by(Some(secretary.clone())).response(&result(of), Value::Null);
        serde_json::to_string(&response).unwrap()
    });
    assert_eq!(answers[0], answers[1], "what is out of reach and what is not there are answered alike");
}

#[test]
fn a_purpose_goes_with_what_is_recorded_and_one_that_is_none_is_refused() {
    let asked = format!(r#"{{ roundResult(round: "{}", member: "{}") {{ score }} }}"#, ROUND.0, ANA.0);
    let twin = whole();
    let office = twin.by(Some(office()));
    for given in ["appeal:2022-JJ-014", "audit"] {
        assert!(office.because(Given::from(given), &asked).errors.is_empty());
    }
    let why = |look: &Look| look.why.as_ref().map(|why| (why.purpose.word(), why.reference.clone()));
    let recorded = looks(&twin);
    assert_eq!(why(&recorded[0]), Some(("appeal", Some("2022-JJ-014".to_owned()))));
    assert_eq!(why(&recorded[1]), Some(("audit", None)));
    for given in [Given::from("because"), Given::from("appeal:王小明"), Given::from(7), Given::List(vec![])] {
        let response = office.because(given.clone(), &asked);
        let code = response.errors[0].extensions.as_ref().and_then(|facts| facts.get("code")).cloned();
        assert_eq!((code, response.data), (Some(Given::from("request.bad_purpose")), Given::Null), "{given}");
    }
    let nodes = office.ask("{ recordedReads { nodes { what purpose reference denied tries } } }");
    let told =
        json!({ "what": "results", "purpose": "APPEAL", "reference": "2022-JJ-014", "denied": false, "tries": null });
    assert_eq!(nodes["recordedReads"]["nodes"][0], told);
}

#[test]
fn who_follows_a_board_is_recorded_when_somebody_is_shown_first_and_again_in_another_hour() {
    let twin = whole();
    twin.moves_from.store(12, Ordering::Relaxed);
    let sent =
        twin.by(Some(office())).follow(&format!("subscription {{ leaderboard({SCORES}) {{ nodes {{ score }} }} }}"));
    assert!(sent.len() >= 4, "each result changes the board: {sent:?}");
    let recorded = looks(&twin);
    assert!(recorded.len() <= 4 && recorded.iter().all(|look| look.what == "board"), "{recorded:?}");
    let all: Vec<Uuid> = recorded.iter().flat_map(|look| look.subjects.clone()).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "nobody twice within the hour");
    assert_eq!(all.len(), 4);
    twin.deaf.store(true, Ordering::Relaxed);
    let sent =
        twin.by(Some(office())).follow(&format!("subscription {{ leaderboard({SCORES}) {{ nodes {{ score }} }} }}"));
    assert_eq!(sent[0], json!("\"internal\""), "nothing is sent without a record");
}

#[test]
fn auditors_find_records_by_subject_viewer_word_denial_and_instant_page_by_page() {
    let twin = whole();
    let secretary = twin.by(Some(viewer(Role::BranchSecretary, None, Some(EAST))));
    secretary.ask("{ members { nodes { counts { services } } } }");
    secretary.code(&format!(r#"{{ member(id: "{}") {{ post }} }}"#, CAI.0));
    twin.by(Some(office())).ask(&format!("{{ leaderboard({SCORES}) {{ nodes {{ score }} }} }}"));
    let whole_auditor = twin.by(Some(viewer(Role::Auditor, None, None)));
    let found = |arguments: &str| -> Vec<(i64, String)> {
        let told = whole_auditor.ask(&format!("{{ recordedReads{arguments} {{ nodes {{ number what }} }} }}"));
        twin.looks.lock().unwrap().truncate(3);
        let nodes = told["recordedReads"]["nodes"].as_array().unwrap().clone();
        nodes.iter().map(|node| (node["number"].as_i64().unwrap(), node["what"].as_str().unwrap().to_owned())).collect()
    };
    let [page, denied, board] = [(1, "page".to_owned()), (2, "see_roster".to_owned()), (3, "board".to_owned())];
    let all = [page.clone(), denied.clone(), board.clone()];
    assert_eq!(found(""), all);
    assert_eq!(found("(reverse: true)"), [board.clone(), denied.clone(), page.clone()]);
    assert_eq!(found("(reverse: true, first: 1)"), std::slice::from_ref(&board));
    let subject = |of: MemberId| format!(r#"(subject: {{ kind: MEMBER, id: "{}" }})"#, of.0);
    assert_eq!(found(&subject(ANA)), [page.clone(), board.clone()]);
    assert_eq!(found(&subject(CAI)), [denied.clone(), board.clone()]);
    assert_eq!(found("(filter: { denied: true })"), std::slice::from_ref(&denied));
    assert_eq!(found(r#"(filter: { viewer: "branchsecretary", denied: false })"#), std::slice::from_ref(&page));
    assert_eq!(found(r#"(filter: { what: "board" })"#), std::slice::from_ref(&board));
    assert_eq!(
        found(r#"(filter: { from: "2022-01-01T00:00:02+08:00", until: "2022-01-01T00:00:03+08:00" })"#),
        [denied]
    );
    let first = whole_auditor.ask("{ recordedReads(first: 1) { pageInfo { endCursor } } }");
    let cursor = first["recordedReads"]["pageInfo"]["endCursor"].as_str().unwrap().to_owned();
    assert_eq!(found(&format!(r#"(first: 1, after: "{cursor}")"#))[0].0, 2);
    // Whoever sees those of a branch alone is not told of whom else a list was.
    let auditor = twin.by(Some(viewer(Role::Auditor, None, Some(EAST))));
    assert_eq!(auditor.code("{ recordedReads { position } }"), "policy.denied");
    let told = auditor.ask(&format!("{{ recordedReads{} {{ nodes {{ what subjects {{ of }} }} }} }}", subject(ANA)));
    assert_eq!(told["recordedReads"]["nodes"][1], json!({ "what": "board", "subjects": [{ "of": ANA.0 }] }));
}

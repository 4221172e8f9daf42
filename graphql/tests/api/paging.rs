//! Pages of lists: each row once, as of one position.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::MemberId;
use graphql::viewer::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::reach::moved;
use crate::story::{ANA, CAI, DAN, EAST, NOBODY, WEST, registered, reported, told};
use crate::support::viewer;

fn cursor(page: &Value) -> String {
    page["pageInfo"]["endCursor"].as_str().expect("a page with rows has an end").to_owned()
}

#[test]
fn pages_of_one_row_make_the_list_and_stay_at_the_position_of_the_first() {
    let twin = told();
    let office = twin.office();
    let page = |after: &str| {
        let text = format!(
            "{{ auditTrail(first: 3, reverse: true{after}) {{ position nodes {{ position }} pageInfo {{ hasNextPage endCursor hasPreviousPage }} }} }}"
        );
        office.ask(&text)["auditTrail"].clone()
    };
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = page(&after);
        assert_eq!(page["position"], "17", "later pages read as of the first page's position");
        assert_eq!(page["pageInfo"]["hasPreviousPage"], !after.is_empty());
        seen.extend(page["nodes"].as_array().unwrap().iter().map(|node| node["position"].as_str().unwrap().to_owned()));
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        twin.then(vec![reported(ANA, "1")]);
        after = format!(", after: \"{}\"", cursor(&page));
    }
    let all: Vec<String> = (1..=17).rev().map(|position: u32| position.to_string()).collect();
    assert_eq!(seen, all);
}

#[test]
fn a_page_is_1_to_100_rows() {
    let office = told().office();
    for first in [0, -1, 101, i64::MAX] {
        let text = format!("{{ branches(first: {first}) {{ totalCount }} }}");
        assert_eq!(office.code(&text), "page.too_large", "{first}");
    }
    assert_eq!(
        office.ask("{ branches(first: 100) { nodes { id } } }")["branches"]["nodes"].as_array().unwrap().len(),
        3
    );
}

#[test]
fn a_cursor_of_another_list_or_of_nowhere_is_refused() {
    let office = told().office();
    let trail = office.ask("{ auditTrail(first: 1) { pageInfo { endCursor } } }");
    let foreign = cursor(&trail["auditTrail"]);
    for after in [foreign.as_str(), "", "AAAA", "bm90IGpzb24", "䶮", &"A".repeat(10_000)] {
        let text = format!("{{ branches(after: {}) {{ nodes {{ id }} }} }}", Value::from(after));
        assert_eq!(office.code(&text), "page.bad_cursor", "{after:.20}");
    }
}

/// The first page of a list, and then the code that each of the others refuses its cursor with.
fn refused_elsewhere(list: &str, others: &[&str]) {
    let office = told().office();
    let fields = |list: &str| {
        list.split_once(" in ")
            .map_or((list.to_owned(), String::new()), |(list, root)| (list.to_owned(), root.to_owned()))
    };
    let asked = |list: &str, after: &str| {
        let ((list, root), page) = (fields(list), "{ nodes { __typename } pageInfo { endCursor } }");
        let (name, arguments) = list.split_once('(').unwrap_or((&list, ")"));
        let field = format!("it: {name}(first: 1{after} {arguments} {page}");
        if root.is_empty() { format!("{{ {field} }}") } else { format!("{{ it: {root} {{ {field} }} }}") }
    };
    let page = office.ask(&asked(list, ""))["it"].clone();
    let page = if page["pageInfo"].is_null() { page["it"].clone() } else { page };
    let after = format!(", after: \"{}\"", cursor(&page));
    office.ask(&asked(list, &after));
    for other in others {
        assert_eq!(office.code(&asked(other, &after)), "page.bad_cursor", "{list} {other}");
    }
}

#[test]
fn a_cursor_is_of_one_list_with_its_filter_and_its_order() {
    let east = format!("filter: {{ within: \"{}\" }})", EAST.0);
    let west = format!("filter: {{ within: \"{}\" }})", WEST.0);
    let in_east = format!("members in branch(id: \"{}\")", EAST.0);
    let in_west = format!("members in branch(id: \"{}\")", WEST.0);
    let (of_east, of_west) = (format!("members({east}"), format!("members({west}"));
    refused_elsewhere("members", &[&of_east, &of_west, &in_east, "members(filter: { post: CADRE })", "branches"]);
    refused_elsewhere(&of_east, &["members", &of_west, &in_east]);
    refused_elsewhere(&in_east, &[&in_west, "members", "members in organisation"]);
    refused_elsewhere("auditTrail(reverse: true)", &["auditTrail", "auditTrail(filter: { actor: \"office\" })"]);
    let board = |more: &str| {
        format!(
            "leaderboard(board: {{ subject: MEMBER, measure: {{ metric: \"premium\" }}, period: {{ year: 2022 }}{more} }})"
        )
    };
    let within = board(&format!(", within: \"{}\"", EAST.0));
    refused_elsewhere(&board(""), &[&within, &board(", rankedBy: GROWTH"), &board("").replace("2022", "2021")]);
}

#[test]
fn a_cursor_fits_the_same_list_however_it_is_written() {
    let office = told().office();
    let first =
        office.ask("{ them: members(first: 1, filter: { standing: null, post: CADRE }) { pageInfo { endCursor } } }");
    let variables = json!({ "filter": { "post": "CADRE" }, "after": cursor(&first["them"]) });
    let text = "query($filter: MemberFilter, $after: String) { members(filter: $filter, after: $after, first: 100) {
        nodes { id } totalCount } }";
    let rest = office.with(text, variables)["members"].clone();
    assert_eq!(rest["nodes"].as_array().unwrap().len() as u64, rest["totalCount"].as_u64().unwrap() - 1);
}

#[test]
fn a_list_under_something_stays_at_the_position_of_its_first_page() {
    let twin = told();
    let office = twin.office();
    let page = |after: &str| {
        let text = format!(
            "{{ log {{ position }} organisation {{ members(first: 2{after}) {{ position nodes {{ id }} pageInfo {{ endCursor }} }} }} }}"
        );
        let told = office.ask(&text);
        (told["log"]["position"].clone(), told["organisation"]["members"].clone())
    };
    let (_, first) = page("");
    let newcomer = MemberId(Uuid::from_u128(0x10));
    twin.then(vec![registered(newcomer, EAST), registered(NOBODY, EAST)]);
    let (now, second) = page(&format!(", after: \"{}\"", cursor(&first)));
    assert_eq!((&now, &first["position"], &second["position"]), (&json!("19"), &json!("17"), &json!("17")));
    assert_eq!(second["nodes"], json!([{ "id": CAI.0 }, { "id": DAN.0 }]), "as the roster was at the first page");
    let (_, anew) = page("");
    assert_eq!(anew["nodes"], json!([{ "id": newcomer.0 }, { "id": ANA.0 }]));
}

#[test]
fn what_a_list_is_under_is_looked_at_as_it_was_at_the_first_page() {
    let twin = told();
    let records = |after: &str| {
        let list = format!("trainings(first: 1{after}) {{ position nodes {{ on }} pageInfo {{ endCursor }} }}");
        format!("{{ member(id: \"{}\") {{ {list} }} }}", ANA.0)
    };
    let first = twin.office().ask(&records(""));
    twin.then(vec![moved(ANA, EAST, WEST)]);
    let after = format!(", after: \"{}\"", cursor(&first["member"]["trainings"]));
    let west = twin.by(Some(viewer(Role::BranchSecretary, None, Some(WEST))));
    west.ask(&records(""));
    assert_eq!(west.code(&records(&after)), "policy.denied", "then the member was out of reach");
    assert_eq!(twin.office().ask(&records(&after))["member"]["trainings"]["position"], "17");
}

#[test]
fn a_cursor_with_a_date_that_no_row_can_have_is_refused() {
    let office = told().office();
    let first = office.ask("{ trainings(first: 1) { pageInfo { endCursor } } }");
    let place: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor(&first["trainings"])).unwrap()).unwrap();
    assert_eq!(place[1][0], json!(["a", "2022-01-10"]));
    for (date, refused) in [("-009999-01-01", true), ("-000001-12-31", true), ("0000-01-01", false)] {
        let mut absurd = place.clone();
        absurd[1][0][1] = json!(date);
        let after = URL_SAFE_NO_PAD.encode(absurd.to_string());
        let text = format!("{{ trainings(after: \"{after}\") {{ nodes {{ id }} }} }}");
        match refused {
            true => assert_eq!(office.code(&text), "page.bad_cursor", "{date}"),
            false => assert_eq!(office.ask(&text)["trainings"]["nodes"], json!([]), "{date}"),
        }
    }
}

#[test]
fn as_of_overrules_the_position_of_a_cursor() {
    let twin = told();
    let office = twin.office();
    let first = office.ask("{ branches(first: 1) { pageInfo { endCursor } } }");
    twin.then(vec![reported(ANA, "1")]);
    let text = format!(
        "{{ branches(after: \"{}\", asOf: {{ position: \"18\" }}) {{ position nodes {{ id }} }} }}",
        cursor(&first["branches"])
    );
    let second = office.ask(&text);
    assert_eq!(second["branches"]["position"], "18");
    assert_eq!(second["branches"]["nodes"].as_array().unwrap().len(), 2);
}

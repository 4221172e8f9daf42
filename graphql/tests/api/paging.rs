//! Pages of lists: each row once, as of one position.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::story::{ANA, reported, told};

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

//! The edges of what somebody reaches: outlets that others link, branches somebody has left, roles that differ.

use domain::branch::{BranchEvent, OutletKind};
use domain::event::Event;
use domain::id::{ActorId, BranchId, ContactPointId, MemberId, OutletId, VisitId};
use domain::member::MemberEvent;
use domain::stream::StreamId;
use domain::text::{Sealed, Title};
use graphql::viewer::{Role, Viewer};
use jiff::civil::date;
use serde_json::json;
use uuid::Uuid;

use crate::story::{ANA, BAO, CAI, COUNTER, DAN, EAST, WEST, branch, member, told};
use crate::support::viewer;

const STATION: OutletId = OutletId(Uuid::from_u128(0x22));
const LINK: ContactPointId = ContactPointId(Uuid::from_u128(0x41));

fn secretary(of: BranchId) -> Option<Viewer> {
    Some(viewer(Role::BranchSecretary, None, Some(of)))
}

/// The western branch links an outlet of the eastern one, and visits it.
fn linked_from_the_west() -> Vec<(StreamId, Event)> {
    let (on, note) = (date(2022, 2, 1), Sealed("sealed:西区所见".to_owned()));
    let name = Title::new("name", "揽投部").unwrap();
    vec![
        branch(WEST, BranchEvent::OutletOpened { outlet: STATION, kind: OutletKind::Delivery, name, on }),
        branch(
            WEST,
            BranchEvent::ContactPointAssigned {
                contact_point: LINK,
                cadres: [CAI, DAN],
                outlet: COUNTER,
                station: STATION,
                from: on,
                until: None,
                holders: None,
            },
        ),
        branch(
            WEST,
            BranchEvent::ContactPointVisited {
                visit: VisitId(Uuid::from_u128(0x51)),
                contact_point: LINK,
                by: CAI,
                outlet: COUNTER,
                on,
                note,
            },
        ),
    ]
}

pub fn moved(of: MemberId, from: BranchId, to: BranchId) -> (StreamId, Event) {
    let reason = Sealed("sealed:工作需要".to_owned());
    member(of, MemberEvent::Transferred { from, to, on: date(2022, 3, 1), reason })
}

#[test]
fn an_outlet_shows_only_contact_points_in_reach_and_a_visits_text_is_its_keepers() {
    let twin = told();
    twin.then(linked_from_the_west());
    let page = format!(
        r#"{{ outlet(id: "{}") {{ contactPoints {{ nodes {{ id }} }} records {{ nodes {{ kind note }} }} }} }}"#,
        COUNTER.0
    );
    let seen = |asking: crate::support::Asking| asking.ask(&page)["outlet"].take();
    let visit = |note: serde_json::Value| json!({ "nodes": [{ "kind": "VISIT", "note": note }] });
    let whole = json!({ "contactPoints": { "nodes": [{ "id": LINK.0 }] }, "records": visit(json!("西区所见")) });
    assert_eq!(seen(twin.office()), whole);
    let east = json!({ "contactPoints": { "nodes": [] }, "records": visit(json!(null)) });
    assert_eq!(seen(twin.by(secretary(EAST))), east, "the contact point is the western branch's");
}

#[test]
fn todays_name_and_contact_are_not_shown_for_a_time_when_the_member_was_in_reach() {
    let twin = told();
    twin.then(vec![moved(BAO, EAST, WEST)]);
    let east = twin.by(secretary(EAST));
    let then = r#"asOf: { position: "17" }"#;
    let page = east.ask(&format!(r#"{{ member(id: "{}", {then}) {{ post name staffNumber contact }} }}"#, BAO.0));
    assert_eq!(page["member"], json!({ "post": "CADRE", "name": null, "staffNumber": null, "contact": null }));
    let named = format!(r#"{{ members(filter: {{ name: "䶮𠮷" }}, {then}) {{ nodes {{ id }} }} }}"#);
    assert_eq!(east.ask(&named)["members"]["nodes"], json!([]), "nor found by the name");
    assert_eq!(twin.office().ask(&named)["members"]["nodes"], json!([{ "id": BAO.0 }]));
    let west = twin.by(secretary(WEST));
    let page = west.ask(&format!(r#"{{ member(id: "{}") {{ name contact }} }}"#, BAO.0));
    assert_eq!(page["member"], json!({ "name": "䶮𠮷", "contact": "555-0100" }));
}

#[test]
fn a_name_is_found_only_where_names_are_in_reach() {
    let twin = told();
    let (id, roles) = (ActorId("both".to_owned()), [Role::Member, Role::Integration]);
    let both = twin.by(Some(Viewer::holding(id, roles, Some(ANA), Some(WEST))));
    let found = |part: &str| both.ask(&format!(r#"{{ members(filter: {{ name: "{part}" }}) {{ totalCount }} }}"#));
    assert_eq!(found("䶮𠮷"), json!({ "members": { "totalCount": 1 } }), "of the own branch");
    assert_eq!(
        found("葛曾䮌"),
        json!({ "members": { "totalCount": 0 } }),
        "rosters of the west are in reach, names not"
    );
}

//! The audit trail, read off the stored JSON: every identity in it that is somebody's or something's concerns them.

use std::collections::{BTreeMap, BTreeSet};

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::stream::StreamKind;
use domain::text::Sealed;
use projections::audit_trail::AuditRow;
use projections::words::SubjectKind;
use serde_json::Value;
use uuid::Uuid;

use super::Naive;

impl Naive<'_> {
    /// Every row of the trail.
    pub fn audit_rows(self) -> Vec<AuditRow> {
        let known = self.known();
        let mut rows = Vec::new();
        for fact in self.facts() {
            let stored: Value = serde_json::from_str(&fact.event.encode()).unwrap();
            let parts = stored.as_object().unwrap().values().next().unwrap().clone();
            let own = match fact.stream.kind {
                StreamKind::Member => SubjectKind::Member,
                StreamKind::Branch => SubjectKind::Branch,
                StreamKind::Round => SubjectKind::Round,
            };
            let mut subjects = BTreeSet::from([(own, fact.stream.id)]);
            let mut texts = Vec::new();
            collect(&parts, "", &mut texts);
            for text in texts {
                let id = Uuid::parse_str(&text).ok();
                subjects.extend(id.and_then(|id| known.get(&id).map(|kind| (*kind, id))));
            }
            rows.extend(
                subjects.into_iter().map(|subject| row(fact, &parts, subject, subject == (own, fact.stream.id))),
            );
        }
        rows
    }

    /// What each identity is.
    fn known(self) -> BTreeMap<Uuid, SubjectKind> {
        let members = self.members().into_iter().map(|member| (member.0, SubjectKind::Member));
        let branches = self.branches().into_iter().map(|branch| (branch.0, SubjectKind::Branch));
        let things = self.of_branches().filter_map(|(_, event)| match event {
            BranchEvent::OutletOpened { outlet, .. } => Some((outlet.0, SubjectKind::Outlet)),
            BranchEvent::ContactPointAssigned { contact_point, .. } => {
                Some((contact_point.0, SubjectKind::ContactPoint))
            }
            _ => None,
        });
        let rounds = self.facts().iter().filter(|fact| fact.stream.kind == StreamKind::Round);
        let rounds = rounds.map(|fact| (fact.stream.id, SubjectKind::Round));
        members.chain(branches).chain(things).chain(rounds).collect()
    }
}

/// Every text of an event. Of a contact point that is handed over only its own identity: nothing happens to the rest.
fn collect(value: &Value, field: &str, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(parts) if field == "contact_points" => {
            parts.iter().for_each(|part| collect(&part["contact_point"], "", texts));
        }
        Value::Array(parts) => parts.iter().for_each(|part| collect(part, "", texts)),
        Value::Object(fields) => fields.iter().for_each(|(name, part)| collect(part, name, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn row(fact: &Fact, parts: &Value, (subject_kind, subject): (SubjectKind, Uuid), is_primary: bool) -> AuditRow {
    // Why a comment is not shown is told where comments are, and not before publication.
    let is_told = fact.event.name() != "round_comment_moderated";
    let reason = ["reason", "note", "remarks"].iter().filter(|_| is_told).find_map(|field| parts[*field].as_str());
    AuditRow {
        subject_kind,
        subject,
        position: fact.position.0 as i64,
        event_type: match &fact.event {
            Event::Member(event) => domain::event::Payload::name(event).to_owned(),
            Event::Branch(event) => domain::event::Payload::name(event).to_owned(),
            Event::Round(event) => domain::event::Payload::name(event).to_owned(),
        },
        stream_kind: fact.stream.kind,
        stream: fact.stream.id,
        at: fact.at,
        actor: fact.actor.clone(),
        command: fact.command.clone(),
        correlation: fact.correlation.clone(),
        reason: reason.map(|text| Sealed(text.to_owned())),
        is_primary,
    }
}

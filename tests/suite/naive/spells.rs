//! From when until when: each beginning with the first end that comes after it.

use domain::branch::{BranchEvent, OutletKind};
use domain::event::Event;
use domain::id::MemberId;
use domain::member::MemberEvent;
use jiff::civil::Date;
use projections::spells::SpellsRow;
use projections::words::SpellKind;
use uuid::Uuid;

use super::{Naive, count};

/// Whose duty or opening changes, what it is where it begins, and when.
type Turn = (Uuid, Option<SpellKind>, Date);

impl Naive<'_> {
    /// The spells of everybody and every outlet.
    pub fn spell_rows(self) -> Vec<SpellsRow> {
        let turns: Vec<Turn> = self.facts().iter().filter_map(|fact| turn(fact.stream.id, &fact.event)).collect();
        let mut subjects: Vec<Uuid> = turns.iter().map(|(subject, ..)| *subject).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let merged = |subject: &Uuid| {
            self.of(MemberId(*subject)).into_iter().find_map(|event| match event {
                MemberEvent::Merged { on, .. } => Some(*on),
                _ => None,
            })
        };
        subjects.into_iter().map(|subject| spells(subject, &turns, merged(&subject))).collect()
    }
}

fn turn(stream: Uuid, event: &Event) -> Option<Turn> {
    match event {
        Event::Member(
            MemberEvent::Registered { on, .. }
            | MemberEvent::Readmitted { on, .. }
            | MemberEvent::Reinstated { on, .. },
        ) => Some((stream, Some(SpellKind::Duty), *on)),
        Event::Member(MemberEvent::Suspended { on, .. } | MemberEvent::Left { on, .. }) => Some((stream, None, *on)),
        Event::Branch(BranchEvent::OutletOpened { outlet, kind: OutletKind::Financial, on, .. }) => {
            Some((outlet.0, Some(SpellKind::FinancialOutlet), *on))
        }
        Event::Branch(BranchEvent::OutletOpened { outlet, kind: OutletKind::Delivery, on, .. }) => {
            Some((outlet.0, Some(SpellKind::DeliveryStation), *on))
        }
        Event::Branch(BranchEvent::OutletClosed { outlet, on, .. }) => Some((outlet.0, None, *on)),
        _ => None,
    }
}

/// One that was merged on a day had no spells, and that is a change too.
fn spells(subject: Uuid, turns: &[Turn], merged: Option<Date>) -> SpellsRow {
    let own: Vec<&Turn> = turns.iter().filter(|turn| turn.0 == subject).collect();
    let texts: Vec<String> = own
        .iter()
        .enumerate()
        .filter(|(_, turn)| turn.1.is_some())
        .map(|(at, turn)| {
            let end = own[at..].iter().find(|later| later.1.is_none());
            format!("{}/{}", turn.2, end.map(|(.., on)| on.to_string()).unwrap_or_default())
        })
        .collect();
    SpellsRow {
        subject,
        kind: own.iter().find_map(|turn| turn.1).unwrap(),
        spells: merged.map_or_else(|| texts.join(" "), |_| String::new()).parse().unwrap(),
        changed_on: merged.unwrap_or_else(|| own.last().unwrap().2),
        changes: count(own, |_| true) + i64::from(merged.is_some()),
    }
}

//! A small organisation with a past: a committee, two branches under it, four members, a metric, a competition.

use std::sync::Arc;

use domain::branch::{BranchEvent, BranchKind, Competitors, OutletKind, RankedBy};
use domain::event::{Event, Fact};
use domain::id::{ActorId, BranchId, CompetitionId, MemberId, OutletId, ResultId, TrainingId};
use domain::ledger::{Aggregation, Direction, Exactness, Metric, Subjects, Unit};
use domain::member::{MemberEvent, Post};
use domain::period::Grain;
use domain::stream::{Position, StreamId};
use domain::text::{Sealed, Title};
use graphql::ports::PersonRecord;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use uuid::Uuid;

use crate::twin::Twin;

pub const EAST: BranchId = BranchId(Uuid::from_u128(0xA));
pub const WEST: BranchId = BranchId(Uuid::from_u128(0xB));
pub const ANA: MemberId = MemberId(Uuid::from_u128(0x11));
pub const BAO: MemberId = MemberId(Uuid::from_u128(0x12));
pub const CAI: MemberId = MemberId(Uuid::from_u128(0x13));
pub const DAN: MemberId = MemberId(Uuid::from_u128(0x14));
pub const NOBODY: MemberId = MemberId(Uuid::from_u128(0x1F));
pub const CONTEST: CompetitionId = CompetitionId(Uuid::from_u128(0xC1));
pub const COUNTER: OutletId = OutletId(Uuid::from_u128(0x21));
pub const DRILL: TrainingId = TrainingId(Uuid::from_u128(0x31));

pub fn sealed(text: &str) -> Sealed {
    Sealed(format!("sealed:{text}"))
}

fn title(text: &str) -> Title {
    Title::new("title", text).unwrap()
}

fn day() -> Date {
    date(2022, 1, 1)
}

pub fn branch(of: BranchId, event: BranchEvent) -> (StreamId, Event) {
    (of.into(), event.into())
}

pub fn member(of: MemberId, event: MemberEvent) -> (StreamId, Event) {
    (of.into(), event.into())
}

pub fn established(of: BranchId, parent: Option<BranchId>, name: &str) -> (StreamId, Event) {
    let kind = parent.map_or(BranchKind::Committee, |_| BranchKind::Branch);
    branch(of, BranchEvent::Established { kind, parent, name: title(name), on: day() })
}

pub fn registered(of: MemberId, branch: BranchId) -> (StreamId, Event) {
    member(of, MemberEvent::Registered { branch, post: Post::Cadre, on: day(), probation_until: None })
}

/// A result of January in the story's metric.
pub fn reported(of: MemberId, value: &str) -> (StreamId, Event) {
    let result = ResultId(Uuid::from_u128(of.0.as_u128() + 0x100));
    let event = MemberEvent::ResultReported {
        result,
        metric: "premium".parse().unwrap(),
        aggregation: Aggregation::Sum,
        direction: domain::ledger::Direction::HigherIsBetter,
        period: "2022-01".parse().unwrap(),
        value: value.parse().unwrap(),
        exactness: Exactness::Exact,
    };
    member(of, event)
}

fn metric() -> Metric {
    Metric {
        code: "premium".parse().unwrap(),
        name: title("保费"),
        unit: Unit::Yuan,
        direction: Direction::HigherIsBetter,
        aggregation: Aggregation::Sum,
        grain: Grain::Month,
        subjects: Subjects::Members,
    }
}

pub fn announced(competition: CompetitionId) -> BranchEvent {
    BranchEvent::CompetitionAnnounced {
        competition,
        title: title("开门红"),
        metric: "premium".parse().unwrap(),
        period: "2022-01".parse().unwrap(),
        competitors: Competitors::Members,
        ranked_by: RankedBy::Value,
    }
}

/// The story; the comments are the positions.
pub fn events() -> Vec<(StreamId, Event)> {
    let root = BranchId::root();
    let outlet = title("第一网点");
    vec![
        established(root, None, "市公司党委"),
        established(EAST, Some(root), "东区支部"),
        established(WEST, Some(root), "西区支部"),
        registered(ANA, EAST),
        registered(BAO, EAST),
        registered(CAI, WEST),
        registered(DAN, WEST),
        // 8
        branch(root, BranchEvent::MetricDefined { metric: metric() }),
        branch(root, announced(CONTEST)),
        branch(
            EAST,
            BranchEvent::OutletOpened { outlet: COUNTER, kind: OutletKind::Financial, name: outlet, on: day() },
        ),
        branch(
            EAST,
            BranchEvent::TrainingHeld {
                training: DRILL,
                on: date(2022, 1, 10),
                topic: sealed("业务培训"),
                minutes: 90,
                attendees: vec![ANA, CAI],
            },
        ),
        // 12
        reported(ANA, "300"),
        reported(BAO, "200.5"),
        reported(CAI, "200.50"),
        reported(DAN, "100"),
        // 16
        branch(root, BranchEvent::CompetitionConcluded { competition: CONTEST }),
        member(ANA, MemberEvent::Suspended { on: date(2022, 2, 1), reason: sealed("休假") }),
    ]
}

/// The events as the log would hold them, an hour apart from 2022-01-01 in the organisation's zone.
pub fn recorded(events: Vec<(StreamId, Event)>, from: usize) -> Vec<Fact> {
    let start: Timestamp = "2022-01-01T00:00:00+08:00".parse().unwrap();
    let fact = |(index, (stream, event)): (usize, (StreamId, Event))| Fact {
        position: Position((from + index) as u64 + 1),
        stream,
        sequence: index as u64 + 1,
        at: start + jiff::SignedDuration::from_hours((from + index) as i64),
        actor: ActorId("office".to_owned()),
        command: format!("command-{}", from + index + 1),
        correlation: "import-1".to_owned(),
        event,
    };
    events.into_iter().enumerate().map(fact).collect()
}

/// The twin with the story in it.
pub fn told() -> Arc<Twin> {
    let twin = Twin::default();
    *twin.facts.lock().unwrap() = recorded(events(), 0);
    let people = [(ANA, "W-1", "阿依古丽·买买提"), (BAO, "W-2", "䶮𠮷"), (CAI, "W-3", "葛曾䮌"), (DAN, "W-4", "丁")];
    *twin.people.lock().unwrap() = people
        .map(|(member, staff_number, name)| {
            let contact = Some("555-0100".to_owned());
            (member, PersonRecord { member, staff_number: staff_number.to_owned(), name: name.to_owned(), contact })
        })
        .into();
    Arc::new(twin)
}

impl Twin {
    /// The last position.
    pub fn last(&self) -> Position {
        self.facts.lock().unwrap().last().map(|fact| fact.position).unwrap_or_default()
    }

    /// And then this happened.
    pub fn then(&self, events: Vec<(StreamId, Event)>) {
        let mut facts = self.facts.lock().unwrap();
        let from = facts.len();
        facts.extend(recorded(events, from));
    }
}

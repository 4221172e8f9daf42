//! Facts built directly, without a decision.

use domain::amount::Amount;
use domain::event::{Event, Fact};
use domain::id::{ActorId, BranchId, MemberId, OutletId, ResultId};
use domain::ledger::{Aggregation, Direction, Exactness};
use domain::member::MemberEvent;
use domain::period::Period;
use domain::stream::{Position, StreamId};
use domain::text::{MetricCode, Sealed, Title};
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use projections::memory::Memory;
use projections::projection::Projection;
use projections::row::Row;
use uuid::Uuid;

pub fn uuid(of: u128, number: usize) -> Uuid {
    Uuid::from_u128((of << 64) + number as u128)
}

pub fn member(number: usize) -> MemberId {
    MemberId(uuid(1, number))
}

pub fn branch(number: usize) -> BranchId {
    BranchId(uuid(2, number))
}

pub fn outlet(number: usize) -> OutletId {
    OutletId(uuid(3, number))
}

pub fn sealed(number: usize) -> Sealed {
    Sealed(format!("sealed {number}"))
}

pub fn title(number: usize) -> Title {
    Title::new("title", &format!("第{number}支部")).unwrap()
}

pub fn code(code: &str) -> MetricCode {
    code.parse().unwrap()
}

pub fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

pub fn period(text: &str) -> Period {
    text.parse().unwrap()
}

pub fn day(number: i64) -> Date {
    date(2021, 6, 1).saturating_add(number.days())
}

/// The events as the log would hold them, from position 1 on.
pub fn recorded(events: impl IntoIterator<Item = (StreamId, Event)>) -> Vec<Fact> {
    let fact = |(index, (stream, event)): (usize, (StreamId, Event))| Fact {
        position: Position(index as u64 + 1),
        stream,
        sequence: index as u64 + 1,
        at: Timestamp::from_second(1_640_966_400 + index as i64).unwrap(),
        actor: ActorId("office".to_owned()),
        command: format!("command-{}", index / 2),
        correlation: "import-1".to_owned(),
        event,
    };
    events.into_iter().enumerate().map(fact).collect()
}

pub fn folded<P: Projection>(facts: &[Fact]) -> Memory<P> {
    let mut memory = Memory::default();
    facts.iter().for_each(|fact| memory.fold(fact));
    memory
}

/// The rows as they stand at the end.
pub fn rows<P: Projection>(facts: &[Fact]) -> Vec<P::Row> {
    let memory = folded::<P>(facts);
    memory.history().filter(|held| held.until.is_none()).map(|held| held.row.clone()).collect()
}

/// The one row that the condition picks.
pub fn the<P: Projection>(facts: &[Fact], which: impl Fn(&P::Row) -> bool) -> P::Row {
    let mut found: Vec<P::Row> = rows::<P>(facts).into_iter().filter(which).collect();
    assert_eq!(found.len(), 1, "rows of {}", <P::Row as Row>::TABLE);
    found.remove(0)
}

/// What a subject reported, in the order given; a second value for a period is a correction.
pub struct Books {
    pub subject: StreamId,
    pub metric: &'static str,
    pub aggregation: Aggregation,
    pub direction: Direction,
}

impl Books {
    pub fn report(&self, month: &str, value: &str) -> (StreamId, Event) {
        self.report_as(month, value, Exactness::Exact)
    }

    pub fn report_as(&self, month: &str, value: &str, exactness: Exactness) -> (StreamId, Event) {
        let report = MemberEvent::ResultReported {
            result: ResultId(uuid(9, 1)),
            metric: code(self.metric),
            aggregation: self.aggregation,
            direction: self.direction,
            period: period(month),
            value: amount(value),
            exactness,
        };
        (self.subject, crate::events::on(self.subject, report))
    }

    pub fn correct(&self, month: &str, before: &str, value: &str) -> (StreamId, Event) {
        let correction = MemberEvent::ResultCorrected {
            result: ResultId(uuid(9, 2)),
            corrects: ResultId(uuid(9, 1)),
            metric: code(self.metric),
            aggregation: self.aggregation,
            direction: self.direction,
            period: period(month),
            value_before: amount(before),
            exactness_before: Exactness::Exact,
            value: amount(value),
            exactness: Exactness::Exact,
            reason: sealed(0),
        };
        (self.subject, crate::events::on(self.subject, correction))
    }

    pub fn withdraw(&self, month: &str, before: &str) -> (StreamId, Event) {
        let withdrawal = MemberEvent::ResultWithdrawn {
            result: ResultId(uuid(9, 1)),
            metric: code(self.metric),
            aggregation: self.aggregation,
            period: period(month),
            value_before: amount(before),
            exactness_before: Exactness::Exact,
            reason: sealed(0),
        };
        (self.subject, crate::events::on(self.subject, withdrawal))
    }

    pub fn target(&self, of: &str, plan: Option<&str>, base: Option<&str>) -> (StreamId, Event) {
        let target = MemberEvent::TargetSet {
            metric: code(self.metric),
            direction: self.direction,
            period: period(of),
            plan: plan.map(amount),
            base: base.map(amount),
            plan_before: None,
            base_before: None,
        };
        (self.subject, crate::events::on(self.subject, target))
    }
}

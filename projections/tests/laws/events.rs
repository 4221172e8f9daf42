//! Every kind of event, made of a throw of dice; plans and results then follow from what stood before.

use std::collections::{BTreeMap, BTreeSet};

use domain::amount::Amount;
use domain::branch::*;
use domain::event::{Event, Fact, Payload};
use domain::id::*;
use domain::ledger::*;
use domain::member::*;
use domain::period::{Grain, Period};
use domain::stream::{StreamId, StreamKind};
use domain::text::MetricCode;
use projections::ledger::{Entry, Reported, Said, entry};
use proptest::prelude::*;

use crate::evaluations;
use crate::facts::*;

/// A throw of dice.
#[derive(Debug, Clone)]
pub struct Dice {
    pub kind: usize,
    pub who: usize,
    pub other: usize,
    pub thing: usize,
    pub value: i64,
    pub day: i64,
}

const MEMBER_KINDS: usize = 25;
const BRANCH_KINDS: usize = 31;
/// Rounds, talks and rules come after.
const ALL_KINDS: usize = MEMBER_KINDS + BRANCH_KINDS + evaluations::KINDS;

/// Events of every kind about few members, branches and things.
pub fn histories() -> impl Strategy<Value = Vec<Fact>> {
    thrown(0..ALL_KINDS)
}

/// Plans and results of three members and three branches in three metrics.
pub fn ledgers() -> impl Strategy<Value = Vec<Fact>> {
    let kinds = prop::sample::select(vec![15, 16, 16, 17, 20, MEMBER_KINDS + 19, MEMBER_KINDS + 20, MEMBER_KINDS + 28]);
    thrown(kinds)
}

fn thrown(kinds: impl Strategy<Value = usize>) -> impl Strategy<Value = Vec<Fact>> {
    let dice = (kinds, 0..3_usize, 0..3_usize, 0..3_usize, -3..12_i64, 0..700_i64);
    let dice = dice.prop_map(|(kind, who, other, thing, value, day)| Dice { kind, who, other, thing, value, day });
    prop::collection::vec(dice, 0..110)
        .prop_map(|throws| recorded(consistent(founded().chain(throws.iter().map(event)))))
}

/// Three branches, three members, three outlets.
fn founded() -> impl Iterator<Item = (StreamId, Event)> {
    let dice = |kind: usize, who: usize| Dice { kind, who, other: 0, thing: who, value: 1, day: 0 };
    let kinds = [MEMBER_KINDS, 0, MEMBER_KINDS + 10];
    kinds.into_iter().flat_map(move |kind| (0..3).map(move |who| event(&dice(kind, who))))
}

fn event(dice: &Dice) -> (StreamId, Event) {
    if let Some(kind) = dice.kind.checked_sub(MEMBER_KINDS + BRANCH_KINDS) {
        return evaluations::event(kind, dice);
    }
    match dice.kind.checked_sub(MEMBER_KINDS) {
        None => (member(dice.who).into(), of_member(dice).into()),
        Some(kind) => (branch(dice.who).into(), of_branch(kind, dice).into()),
    }
}

const METRICS: [(&str, Aggregation); 3] =
    [("premium_new", Aggregation::Sum), ("balance_daily", Aggregation::DailyMean), ("rating", Aggregation::Last)];

/// Of the last metric less is better.
fn direction_of(metric: usize) -> Direction {
    if metric == 2 { Direction::LowerIsBetter } else { Direction::HigherIsBetter }
}

fn period_of(dice: &Dice) -> Period {
    Period::holding(day(dice.day), [Grain::Month, Grain::Quarter, Grain::Year][dice.other])
}

fn of_member(dice: &Dice) -> MemberEvent {
    use MemberEvent::*;
    let (on, thing, reason) = (day(dice.day), uuid(4, dice.thing), sealed(dice.other));
    let minutes = dice.value.unsigned_abs() as u32;
    match dice.kind {
        0 => Registered { branch: branch(dice.other), post: Post::Cadre, on, probation_until: Some(on) },
        1 => PersonAmended { reason: (dice.value > 0).then_some(reason) },
        2 => Appointed { post: Post::Staff, on },
        3 => Transferred { from: branch(dice.other), to: branch(dice.thing), on, reason },
        4 => ProbationEnded { on },
        5 => Suspended { on, reason },
        6 => Reinstated { on, reason },
        7 => Left { branch: branch(dice.other), on, reason },
        8 => BadgeChecked { check: BadgeCheckId(thing), on, place: reason, worn: dice.value > 0 },
        9 => ServiceRecorded { service: ServiceId(thing), on, activity: reason, minutes },
        10 => PlaquePublished { plaque: PlaqueId(thing), on, duty: reason },
        11 => PlaqueWithdrawn { plaque: PlaqueId(thing), on, reason },
        12 => CommitmentMade { commitment: CommitmentId(thing), on, due: on, text: reason },
        13 => CommitmentEvidenced { commitment: CommitmentId(thing), on, evidence: reason },
        14 => {
            let outcome = if dice.value > 0 { Outcome::Fulfilled } else { Outcome::Missed };
            CommitmentSettled { commitment: CommitmentId(thing), on, outcome, note: Some(reason) }
        }
        15..=17 | 20 => ledger_of_member(dice),
        18 => {
            let (place, team_size, level) = (dice.thing as u32 + 1, 1, Level::City);
            let team = (dice.value > 0).then_some(TeamId(uuid(9, dice.other)));
            ContestPlaced { contest: ContestId(thing), on, title: reason, level, place, team_size, team }
        }
        19 => {
            HonourGranted { honour: HonourId(thing), on, title: reason.clone(), level: Level::National, body: reason }
        }
        21 => ContactPointTaken { contact_point: ContactPointId(thing), from: on },
        22 => ContactPointVisited { contact_point: ContactPointId(thing), visit: VisitId(thing), on },
        23 => ContactPointGivenUp { contact_point: ContactPointId(thing), on },
        _last => Readmitted { branch: branch(dice.other), post: Post::Staff, on, probation_until: None },
    }
}

fn ledger_of_member(dice: &Dice) -> MemberEvent {
    use MemberEvent::*;
    let (on, thing, reason) = (day(dice.day), uuid(4, dice.thing), sealed(dice.other));
    let (metric, aggregation) = METRICS[dice.thing];
    match dice.kind {
        15 => TargetSet {
            metric: code(metric),
            direction: direction_of(dice.thing),
            period: period_of(dice),
            plan: (dice.value > 0).then(|| amount(&dice.value.to_string())),
            base: Some(amount(&(dice.value - 2).to_string())),
            plan_before: None,
            base_before: None,
        },
        16 => ResultReported {
            result: ResultId(thing),
            metric: code(metric),
            aggregation,
            direction: direction_of(dice.thing),
            period: Period::holding(on, Grain::Month),
            value: amount(&dice.value.to_string()),
            exactness: if dice.other == 0 { Exactness::AtLeast } else { Exactness::Exact },
        },
        17 => ResultCorrected {
            result: ResultId(uuid(5, dice.thing)),
            corrects: ResultId(thing),
            metric: code(metric),
            aggregation,
            direction: direction_of(dice.thing),
            period: Period::holding(on, Grain::Month),
            value_before: amount("0"),
            exactness_before: Exactness::Exact,
            value: amount(&dice.value.to_string()),
            exactness: Exactness::Exact,
            reason,
        },
        _last => ResultWithdrawn {
            result: ResultId(thing),
            metric: code(metric),
            aggregation,
            period: Period::holding(on, Grain::Month),
            value_before: amount("0"),
            exactness_before: Exactness::Exact,
            reason,
        },
    }
}

fn of_branch(kind: usize, dice: &Dice) -> BranchEvent {
    use BranchEvent::*;
    let (on, thing, reason) = (day(dice.day), uuid(6, dice.thing), sealed(dice.other));
    let (this, that) = (outlet(dice.thing), outlet(dice.other));
    match kind {
        0 => Established { kind: BranchKind::Branch, parent: Some(branch(dice.other)), name: title(dice.who), on },
        1 => Renamed { name_before: title(0), name: title(dice.thing), on },
        2 => Moved { from: branch(dice.other), to: branch(dice.thing), on, reason },
        3 => Merged { into: branch(dice.other), on, reason },
        4 => Absorbed {
            from: branch(dice.other),
            on,
            members: vec![member(dice.thing)],
            outlets: vec![HandedOutlet { outlet: this, kind: OutletKind::Financial, name: title(1), opened_on: on }],
            contact_points: vec![HandedContactPoint {
                contact_point: ContactPointId(thing),
                cadres: [member(0), member(1)],
                outlet: this,
                station: that,
                from: on,
                until: None,
                holders: None,
            }],
        },
        5 => Closed { on, reason },
        6 => SubordinateJoined { branch: branch(dice.other), on: Some(on) },
        7 => SubordinateDeparted { branch: branch(dice.other), on: None },
        8 => MemberJoined { member: member(dice.other), on },
        9 => MemberDeparted { member: member(dice.other), on },
        10 => OutletOpened { outlet: this, kind: OutletKind::Financial, name: title(dice.thing), on },
        11 => OutletClosed { outlet: this, kind: OutletKind::Financial, on, reason },
        12 => {
            let (standard, kind) = (StandardId(thing), StandardKind::ProcessChart);
            StandardDisplayed { standard, outlet: that, kind, title: reason, on }
        }
        13 => OutletInspected {
            inspection: InspectionId(thing),
            outlet: that,
            on,
            results: verdicts(dice),
            remarks: Some(reason),
        },
        14 => ContactPointAssigned {
            contact_point: ContactPointId(thing),
            cadres: [member(dice.who), member(dice.other)],
            outlet: this,
            station: that,
            from: on,
            until: Some(on),
            holders: (dice.value > 0).then(|| [branch(dice.who), branch(dice.other)]),
        },
        15 => ContactPointVisited {
            visit: VisitId(uuid(7, dice.who)),
            contact_point: ContactPointId(thing),
            by: member(dice.other),
            outlet: this,
            on,
            note: reason,
        },
        16 => {
            let (cadres, outlet, station) = match dice.value > 0 {
                true => (Some([member(dice.who), member(dice.other)]), Some(this), Some(that)),
                false => (None, None, None),
            };
            ContactPointEnded { contact_point: ContactPointId(thing), on, reason, cadres, outlet, station }
        }
        29 => OutletLinked { outlet: that, contact_point: ContactPointId(thing), from: on },
        30 => OutletReleased { outlet: that, contact_point: ContactPointId(thing), on },
        _later => of_branch_later(kind, dice),
    }
}

fn of_branch_later(kind: usize, dice: &Dice) -> BranchEvent {
    use BranchEvent::*;
    let (on, thing, reason) = (day(dice.day), uuid(8, dice.thing), sealed(dice.other));
    let (training, minutes) = (TrainingId(thing), dice.value.unsigned_abs() as u32);
    match kind {
        17 => MetricDefined { metric: metric(dice.thing) },
        18 => CompetitionAnnounced {
            competition: CompetitionId(thing),
            title: title(dice.thing),
            metric: code("premium_new"),
            period: period_of(dice),
            competitors: Competitors::Members,
            ranked_by: RankedBy::Growth,
        },
        19..=21 => ledger_of(kind, dice),
        22 => CompetitionConcluded { competition: CompetitionId(thing) },
        23 => TrainingHeld { training, on, topic: reason, minutes, attendees: vec![member(0), member(dice.other)] },
        24 => AttendanceCorrected {
            training,
            held_on: on,
            minutes,
            added: vec![member(1)],
            removed: vec![member(dice.other)],
            reason,
        },
        25 => ThemeDayHeld { theme_day: ThemeDayId(thing), on, topic: reason, attendees: vec![member(dice.other)] },
        26 => ImprovementReported {
            improvement: ImprovementId(thing),
            on,
            what: reason.clone(),
            evidence: reason.clone(),
            effect: reason,
            by: ActorId("secretary".to_owned()),
        },
        27 => {
            let by = ActorId("office".to_owned());
            ImprovementConfirmed { improvement: ImprovementId(thing), on, note: Some(reason), by }
        }
        _last => ledger_of(24, dice),
    }
}

fn ledger_of(kind: usize, dice: &Dice) -> BranchEvent {
    let as_member = of_member(&Dice { kind: kind - 4, ..dice.clone() });
    match on(branch(dice.who).into(), as_member) {
        Event::Branch(event) => event,
        Event::Member(_) | Event::Round(_) => panic!("no plan or result"),
    }
}

fn metric(number: usize) -> Metric {
    let (metric, aggregation) = METRICS[number];
    Metric {
        code: code(metric),
        name: title(number),
        unit: Unit::Yuan,
        direction: direction_of(number),
        aggregation,
        grain: Grain::Month,
        subjects: Subjects::Both,
    }
}

fn verdicts(dice: &Dice) -> SixS {
    let verdict = [Verdict::Met, Verdict::Partly, Verdict::NotMet][dice.who];
    let (sort, set_in_order, shine) = (verdict, Verdict::Met, Verdict::Partly);
    SixS { sort, set_in_order, shine, standardise: Verdict::NotMet, sustain: verdict, safety: Verdict::Met }
}

/// A plan or result of a member as the same of the stream's kind of subject.
pub fn on(subject: StreamId, event: MemberEvent) -> Event {
    match (subject.kind, event) {
        (StreamKind::Member, event) => event.into(),
        (StreamKind::Round, event) => panic!("{} is not a round's", event.name()),
        (
            StreamKind::Branch,
            MemberEvent::TargetSet { metric, direction, period, plan, base, plan_before, base_before },
        ) => BranchEvent::TargetSet { metric, direction, period, plan, base, plan_before, base_before }.into(),
        (
            StreamKind::Branch,
            MemberEvent::ResultReported { result, metric, aggregation, direction, period, value, exactness },
        ) => BranchEvent::ResultReported { result, metric, aggregation, direction, period, value, exactness }.into(),
        (
            StreamKind::Branch,
            MemberEvent::ResultWithdrawn {
                result,
                metric,
                aggregation,
                period,
                value_before,
                exactness_before,
                reason,
            },
        ) => {
            BranchEvent::ResultWithdrawn { result, metric, aggregation, period, value_before, exactness_before, reason }
                .into()
        }
        (StreamKind::Branch, event) => branch_correction(event),
    }
}

fn branch_correction(event: MemberEvent) -> Event {
    let MemberEvent::ResultCorrected {
        result,
        corrects,
        metric,
        aggregation,
        direction,
        period,
        value_before,
        exactness_before,
        value,
        exactness,
        reason,
    } = event
    else {
        panic!("{} is no plan or result", event.name())
    };
    BranchEvent::ResultCorrected {
        result,
        corrects,
        metric,
        aggregation,
        direction,
        period,
        value_before,
        exactness_before,
        value,
        exactness,
        reason,
    }
    .into()
}

type Cell = (StreamId, MetricCode, Period);

/// Makes first results reports, later ones corrections of what stood before, and targets name what they replace; drops
/// withdrawals of nothing.
fn consistent(events: impl Iterator<Item = (StreamId, Event)>) -> Vec<(StreamId, Event)> {
    let mut results: BTreeMap<Cell, Reported> = BTreeMap::new();
    let mut targets: BTreeMap<Cell, [Option<Amount>; 2]> = BTreeMap::new();
    let settle = |(subject, event): (StreamId, Event)| {
        let Some(Entry { metric, direction, period, said }) = entry(&recorded([(subject, event.clone())])[0]) else {
            return Some((subject, event));
        };
        let direction = direction.unwrap_or_default();
        let cell = (subject, metric.clone(), period);
        let settled = match said {
            Said::Target { plan: [_, plan], base: [_, base] } => {
                let [plan_before, base_before] = targets.insert(cell, [plan, base]).unwrap_or_default();
                MemberEvent::TargetSet { metric, direction, period, plan, base, plan_before, base_before }
            }
            Said::Result { result, aggregation, after, .. } => {
                let before = results.insert(cell, after);
                result_event(result, (metric, aggregation, direction, period), before, after)
            }
            Said::Withdrawn { result, aggregation, before: _ } => {
                let Reported { value: value_before, exactness: exactness_before } = results.remove(&cell)?;
                let reason = sealed(1);
                MemberEvent::ResultWithdrawn {
                    result,
                    metric,
                    aggregation,
                    period,
                    value_before,
                    exactness_before,
                    reason,
                }
            }
        };
        Some((subject, on(subject, settled)))
    };
    events.filter_map(settle).collect()
}

/// A report where nothing stood before, else a correction.
pub fn result_event(
    result: ResultId,
    (metric, aggregation, direction, period): (MetricCode, Aggregation, Direction, Period),
    before: Option<Reported>,
    after: Reported,
) -> MemberEvent {
    let Reported { value, exactness } = after;
    match before {
        None => MemberEvent::ResultReported { result, metric, aggregation, direction, period, value, exactness },
        Some(before) => MemberEvent::ResultCorrected {
            result,
            corrects: result,
            metric,
            aggregation,
            direction,
            period,
            value_before: before.value,
            exactness_before: before.exactness,
            value,
            exactness,
            reason: sealed(1),
        },
    }
}

#[test]
fn the_dice_throw_every_kind_of_event() {
    let dice = |kind| Dice { kind, who: 0, other: 1, thing: 2, value: 1, day: 1 };
    let thrown: BTreeSet<&str> = (0..ALL_KINDS).map(|kind| event(&dice(kind)).1.name()).collect();
    let named: BTreeSet<&str> = StreamKind::ALL.into_iter().flat_map(Event::names).copied().collect();
    assert_eq!(thrown, named);
}

//! What the pages of members, branches, outlets and auditors show after particular events.

use domain::branch::*;
use domain::event::{Event, Fact};
use domain::id::*;
use domain::member::{Level, MemberEvent, Outcome, Post};
use domain::stream::StreamId;
use jiff::civil::{Date, date};
use projections::attendance::Attendance;
use projections::audit_trail::AuditTrail;
use projections::branches::Branches;
use projections::contact_points::ContactPoints;
use projections::members::Members;
use projections::outlets::Outlets;
use projections::records::Records;
use projections::totals::{Item, Totals};
use projections::trainings::Trainings;
use projections::words::{BranchStanding, RecordState, SubjectKind};
use rust_decimal::Decimal;

use crate::facts::*;

const DAY: Date = date(2022, 5, 1);

fn of_branch(number: usize, event: BranchEvent) -> (StreamId, Event) {
    (branch(number).into(), event.into())
}

fn of_member(number: usize, event: MemberEvent) -> (StreamId, Event) {
    (member(number).into(), event.into())
}

fn established(number: usize) -> (StreamId, Event) {
    let (kind, parent, name) = (BranchKind::Branch, Some(BranchId::root()), title(number));
    of_branch(number, BranchEvent::Established { kind, parent, name, on: DAY })
}

fn registered(number: usize, branch: BranchId) -> (StreamId, Event) {
    of_member(number, MemberEvent::Registered { branch, post: Post::Cadre, on: DAY, probation_until: None })
}

fn opened(number: usize, kind: OutletKind) -> (StreamId, Event) {
    of_branch(1, BranchEvent::OutletOpened { outlet: outlet(number), kind, name: title(number), on: DAY })
}

/// Branch 1 with two cadres, an outlet and a station linked, goes over into branch 2.
fn merged() -> Vec<Fact> {
    let (contact_point, cadres) = (ContactPointId(uuid(4, 1)), [member(1), member(2)]);
    let (outlet, station) = (outlet(1), outlet(2));
    let (from, until, holders) = (DAY, None, Some([branch(1), branch(1)]));
    let assigned = BranchEvent::ContactPointAssigned { contact_point, cadres, outlet, station, from, until, holders };
    let handed = |outlet, kind| HandedOutlet { outlet, kind, name: title(1), opened_on: DAY };
    let absorbed = BranchEvent::Absorbed {
        from: branch(1),
        on: DAY,
        members: cadres.to_vec(),
        outlets: vec![handed(outlet, OutletKind::Financial), handed(station, OutletKind::Delivery)],
        contact_points: vec![HandedContactPoint { contact_point, cadres, outlet, station, from, until, holders }],
    };
    let moved = MemberEvent::Transferred { from: branch(1), to: branch(2), on: DAY, reason: sealed(1) };
    recorded([
        established(1),
        established(2),
        registered(1, branch(1)),
        registered(2, branch(1)),
        opened(1, OutletKind::Financial),
        opened(2, OutletKind::Delivery),
        of_branch(1, assigned),
        of_branch(1, BranchEvent::Merged { into: branch(2), on: DAY, reason: sealed(1) }),
        of_branch(2, absorbed),
        of_member(1, moved.clone()),
        of_member(2, moved),
    ])
}

#[test]
fn a_merge_hands_members_outlets_and_contact_points_over() {
    let facts = merged();
    let counts = |number: usize, facts: &[Fact]| {
        let row = the::<Branches>(facts, |row| row.branch == branch(number));
        [row.members, row.outlets_financial, row.stations_delivery, row.contact_points]
    };
    assert_eq!((counts(1, &facts[..7]), counts(2, &facts[..7])), ([2, 1, 1, 1], [0, 0, 0, 0]));
    assert_eq!((counts(1, &facts), counts(2, &facts)), ([0, 0, 0, 0], [2, 1, 1, 1]));
    let ended = the::<Branches>(&facts, |row| row.branch == branch(1));
    assert_eq!((ended.standing, ended.merged_into), (BranchStanding::Merged, Some(branch(2))));
    assert!(rows::<Outlets>(&facts).iter().all(|row| row.branch == branch(2)));
    assert!(rows::<ContactPoints>(&facts).iter().all(|row| row.branch == branch(2)));
    assert!(rows::<Members>(&facts).iter().all(|row| row.branch == branch(2) && row.contact_points == 1));
}

#[test]
fn an_end_takes_the_contact_point_from_the_cadres_and_places_it_names() {
    let end = |named: bool| BranchEvent::ContactPointEnded {
        contact_point: ContactPointId(uuid(4, 1)),
        on: DAY,
        reason: sealed(1),
        cadres: named.then(|| [member(1), member(2)]),
        outlet: named.then(|| outlet(1)),
        station: named.then(|| outlet(2)),
    };
    let counts = |event| {
        let ended = of_branch(2, event);
        let told = merged().into_iter().map(|fact| (fact.stream, fact.event)).chain([ended]);
        let facts = recorded(told);
        let members = rows::<Members>(&facts).into_iter().map(|row| row.contact_points);
        let outlets = rows::<Outlets>(&facts).into_iter().map(|row| row.contact_points);
        members.chain(outlets).collect::<Vec<_>>()
    };
    assert_eq!(counts(end(true)), [0, 0, 0, 0]);
    assert_eq!(counts(end(false)), [1, 1, 1, 1], "whom an end of old does not name it is not taken from");
}

#[test]
fn corrected_attendance_changes_the_session_the_members_and_the_totals() {
    let training = TrainingId(uuid(4, 1));
    let held = BranchEvent::TrainingHeld {
        training,
        on: DAY,
        topic: sealed(1),
        minutes: 90,
        attendees: vec![member(1), member(2)],
    };
    let corrected = BranchEvent::AttendanceCorrected {
        training,
        held_on: DAY,
        minutes: 90,
        added: vec![],
        removed: vec![member(2)],
        reason: sealed(2),
    };
    let facts =
        recorded([registered(1, branch(1)), registered(2, branch(1)), of_branch(1, held), of_branch(1, corrected)]);
    let attended = |facts: &[Fact]| rows::<Attendance>(facts).iter().map(|row| row.member).collect::<Vec<_>>();
    assert_eq!(attended(&facts[..3]), [member(1), member(2)]);
    assert_eq!(attended(&facts), [member(1)]);
    assert_eq!(the::<Trainings>(&facts, |_| true).attendees, 1);
    let of = |number: usize| the::<Members>(&facts, |row| row.member == member(number));
    assert_eq!((of(1).trainings, of(1).training_minutes), (1, 90));
    assert_eq!((of(2).trainings, of(2).training_minutes), (0, 0));
    let attendances = the::<Totals>(&facts, |row| row.item == Item::TrainingAttendances);
    assert_eq!((attendances.year, attendances.value), (2022, Decimal::ONE));
}

#[test]
fn an_outlet_shows_the_inspection_of_the_latest_day() {
    let inspected = |number: usize, on: Date, verdict: Verdict| {
        let results = SixS {
            sort: verdict,
            set_in_order: verdict,
            shine: verdict,
            standardise: verdict,
            sustain: verdict,
            safety: verdict,
        };
        let inspection = InspectionId(uuid(5, number));
        of_branch(1, BranchEvent::OutletInspected { inspection, outlet: outlet(1), on, results, remarks: None })
    };
    let facts = recorded([
        opened(1, OutletKind::Financial),
        inspected(1, date(2022, 6, 2), Verdict::Met),
        inspected(2, date(2022, 6, 1), Verdict::NotMet),
    ]);
    let row = the::<Outlets>(&facts, |_| true);
    assert_eq!((row.inspections, row.inspected_on, row.safety), (2, Some(date(2022, 6, 2)), Some(Verdict::Met)));
    let earlier = the::<Records>(&facts, |row| row.on_date == date(2022, 6, 1));
    assert_eq!(earlier.six_s.unwrap().verdicts(), [Verdict::NotMet; 6]);
}

#[test]
fn a_team_places_under_one_contest_with_a_record_for_each() {
    let placed = MemberEvent::ContestPlaced {
        contest: ContestId(uuid(4, 1)),
        on: DAY,
        title: sealed(1),
        level: Level::Provincial,
        place: 3,
        team_size: 2,
        team: Some(TeamId(uuid(4, 2))),
    };
    let facts = recorded([of_member(1, placed.clone()), of_member(2, placed)]);
    let records = rows::<Records>(&facts);
    assert_eq!(records.iter().map(|row| row.subject).collect::<Vec<_>>(), [member(1).0, member(2).0]);
    assert!(records.iter().all(|row| row.amount == Some(3) && row.level == Some(Level::Provincial)));
    assert!(records.iter().all(|row| row.team == Some(uuid(4, 2))));
}

#[test]
fn a_commitment_is_made_evidenced_and_settled_in_one_record() {
    let commitment = CommitmentId(uuid(4, 1));
    let facts = recorded([
        registered(1, branch(1)),
        of_member(1, MemberEvent::CommitmentMade { commitment, on: DAY, due: date(2022, 12, 31), text: sealed(1) }),
        of_member(1, MemberEvent::CommitmentEvidenced { commitment, on: DAY, evidence: sealed(2) }),
        of_member(
            1,
            MemberEvent::CommitmentSettled { commitment, on: DAY, outcome: Outcome::Fulfilled, note: Some(sealed(3)) },
        ),
    ]);
    let state = |count: usize| the::<Records>(&facts[..count], |_| true).state.unwrap();
    assert_eq!([state(2), state(3), state(4)], [RecordState::Made, RecordState::Evidenced, RecordState::Fulfilled]);
    let record = the::<Records>(&facts, |_| true);
    assert_eq!((record.title, record.evidence, record.note), (Some(sealed(1)), Some(sealed(2)), Some(sealed(3))));
    let row = the::<Members>(&facts, |_| true);
    assert_eq!((row.commitments_made, row.commitments_fulfilled, row.commitments_missed), (1, 1, 0));
}

#[test]
fn an_auditor_sees_a_transfer_on_the_member_and_on_both_branches_with_its_reason() {
    let facts = merged();
    let trail: Vec<_> = rows::<AuditTrail>(&facts).into_iter().filter(|row| row.position == 10).collect();
    let seen: Vec<_> = trail.iter().map(|row| (row.subject_kind, row.subject, row.is_primary)).collect();
    let expected = [
        (SubjectKind::Member, member(1).0, true),
        (SubjectKind::Branch, branch(1).0, false),
        (SubjectKind::Branch, branch(2).0, false),
    ];
    assert_eq!(seen, expected);
    for row in trail {
        assert_eq!((row.event_type.as_str(), row.reason), ("member_transferred", Some(sealed(1))));
        assert_eq!((row.actor.0.as_str(), row.correlation.as_str()), ("office", "import-1"));
    }
}

//! The year, without a database: its commands are decided one after another on states in memory.

mod rounds;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use domain::branch::{BranchCommand, BranchEvent, OutletKind};
use domain::event::Event;
use domain::member::{MemberCommand, MemberEvent};
use domain::period::Zone;
use domain::stream::StreamId;
use domain::testing::OpenVault;
use domain::world::{Command, Context, State, States, Stop, World};
use rust_decimal::Decimal;

use super::{calendar, metrics, money, names, outlets, people, steps, training, tree};

#[derive(Default)]
struct Memory(HashMap<StreamId, State>);

impl States for Memory {
    fn state(&self, stream: StreamId) -> Option<&State> {
        self.0.get(&stream)
    }
}

static HAPPENED: LazyLock<Vec<(StreamId, Event)>> = LazyLock::new(decide_all);

/// What happens when every command is decided in turn.
fn happened() -> &'static [(StreamId, Event)] {
    &HAPPENED
}

/// A refusal fails.
fn decide_all() -> Vec<(StreamId, Event)> {
    let (mut memory, mut events) = (Memory::default(), vec![]);
    for step in steps() {
        for draft in &step.drafts {
            let context =
                Context { at: step.at, actor: draft.asker().actor, zone: Zone::default(), vault: Arc::new(OpenVault) };
            let command = draft.unsealed();
            let decision = loop {
                let decided = command.decide(&World::new(&memory), &context);
                match decided {
                    Ok(decision) => break decision,
                    Err(Stop::Needs(stream)) => _ = memory.0.insert(stream, State::before(stream.kind)),
                    Err(Stop::Refused(refusal)) => panic!("{} at {}: {refusal}", draft.id(), step.at),
                }
            };
            assert!(!decision.events().is_empty(), "{} says what holds already", draft.id());
            for (stream, event) in decision.into_events() {
                memory.0.entry(stream).or_insert_with(|| State::before(stream.kind)).apply(&event);
                events.push((stream, event));
            }
        }
    }
    events
}

#[test]
fn every_command_is_allowed_and_every_kind_of_event_happens() {
    let events = happened();
    let seen: BTreeSet<&str> = events.iter().map(|(_, event)| event.name()).collect();
    let missing: Vec<&str> = domain::stream::StreamKind::ALL
        .into_iter()
        .flat_map(Event::names)
        .copied()
        .filter(|name| !seen.contains(name))
        .collect();
    // Nobody comes back within the year, no result was one of nothing, no published round is annulled, no scrutineer
    // falls out, and what is asked for is approved. Whoever looks at the demo is taken at their word, so nobody has an account
    // or a role, and nobody is registered twice.
    assert_eq!(
        missing,
        [
            "member_readmitted",
            "member_result_withdrawn",
            "member_merged",
            "member_absorbed",
            "member_account_linked",
            "member_account_unlinked",
            "branch_role_granted",
            "branch_role_withdrawn",
            "branch_result_withdrawn",
            "round_scrutineer_replaced",
            "round_result_withdrawn",
            "round_reopening_declined",
            "round_annulment_declined"
        ]
    );
}

#[test]
fn the_same_commands_are_made_every_time_under_ids_of_their_own() {
    let (one, other) = (steps(), steps());
    let named = |steps: &[super::Step]| -> Vec<(String, String)> {
        let drafts = steps.iter().flat_map(|step| &step.drafts);
        drafts.map(|draft| (draft.id().to_owned(), format!("{:?}", draft.unsealed()))).collect()
    };
    assert_eq!(named(&one), named(&other));
    let ids: BTreeSet<String> = named(&one).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), named(&one).len());
}

#[test]
fn everything_is_recorded_on_working_days_and_the_last_command_stands_alone() {
    let steps = steps();
    for step in &steps {
        let day = Zone::default().date_at(step.at);
        assert!(calendar::is_workday(day), "{day}");
    }
    assert!(steps.is_sorted_by(|one, other| one.at < other.at));
    assert_eq!(steps[0].at, super::opening());
    assert_eq!(steps[0].drafts.len(), 1);
    assert_eq!(steps.last().map(|step| step.drafts.len()), Some(1));
}

#[test]
fn results_plans_and_bases_add_up_to_the_programmes_figures() {
    let mut actual: BTreeMap<String, Decimal> = BTreeMap::new();
    let mut plan = actual.clone();
    for (_, event) in happened() {
        match event {
            Event::Branch(BranchEvent::ResultReported { metric, value, .. }) => {
                *actual.entry(metric.to_string()).or_default() += value.decimal();
            }
            Event::Branch(BranchEvent::ResultCorrected { metric, value, value_before, .. }) => {
                *actual.entry(metric.to_string()).or_default() += value.decimal() - value_before.decimal();
            }
            Event::Branch(BranchEvent::TargetSet { metric, period, plan: Some(value), .. }) if *period == year() => {
                *plan.entry(metric.to_string()).or_default() += value.decimal();
            }
            Event::Branch(_) | Event::Member(_) | Event::Round(_) => {}
        }
    }
    let cents = |cents| money::yuan(cents).decimal();
    assert_eq!(actual["premium_new"], cents(metrics::PREMIUM_NEW));
    assert_eq!(actual["premium_long_term"], cents(metrics::PREMIUM_LONG_TERM));
    assert_eq!(actual["insurance_revenue"], cents(metrics::INSURANCE_REVENUE));
    assert_eq!(actual["delivery_revenue"], cents(metrics::DELIVERY_REVENUE));
    assert_eq!(plan["insurance_revenue"], cents(metrics::INSURANCE_PLAN));
    assert_eq!(plan["delivery_revenue"], cents(metrics::DELIVERY_PLAN));
}

fn year() -> domain::period::Period {
    metrics::period("2022")
}

#[test]
fn of_no_company_is_more_long_term_premium_reported_than_new_premium() {
    let mut new = BTreeMap::new();
    let mut long_term = BTreeMap::new();
    for step in steps() {
        for draft in &step.drafts {
            if let Command::Branch(branch, BranchCommand::ReportResult(report)) = draft.unsealed() {
                match report.metric.as_str() {
                    "premium_new" => _ = new.insert((branch, report.period), report.value),
                    "premium_long_term" => _ = long_term.insert((branch, report.period), report.value),
                    _ => {}
                }
            }
        }
    }
    assert_eq!((new.len(), long_term.len()), (108, 108));
    assert!(long_term.iter().all(|(cell, value)| value < &new[cell]));
}

#[test]
fn sessions_hours_and_attendances_are_exact() {
    let (mut sessions, mut minutes_in_all, mut attendances) = (0, 0, 0);
    for (_, event) in happened() {
        match event {
            Event::Branch(BranchEvent::TrainingHeld { minutes, attendees, .. }) => {
                sessions += 1;
                minutes_in_all += minutes;
                attendances += attendees.len();
            }
            Event::Branch(BranchEvent::AttendanceCorrected { added, removed, .. }) => {
                attendances = attendances + added.len() - removed.len();
            }
            Event::Branch(_) | Event::Member(_) | Event::Round(_) => {}
        }
    }
    assert_eq!((sessions, minutes_in_all, attendances), (training::SESSIONS, 408 * 60, training::ATTENDANCES));
}

#[test]
fn outlets_stand_as_the_programme_has_them() {
    let count = |kind, events: &[(StreamId, Event)]| {
        let change = |(_, event): &(StreamId, Event)| match event {
            Event::Branch(BranchEvent::OutletOpened { kind: found, .. }) => i64::from(*found == kind),
            Event::Branch(BranchEvent::OutletClosed { kind: found, .. }) => -i64::from(*found == kind),
            Event::Branch(_) | Event::Member(_) | Event::Round(_) => 0,
        };
        events.iter().map(change).sum::<i64>()
    };
    let events = happened();
    assert_eq!(count(OutletKind::Financial, events), outlets::FINANCIAL);
    assert_eq!(count(OutletKind::Delivery, events), outlets::STATIONS);
    let points = events.iter().filter(|(_, event)| event.name() == "branch_contact_point_assigned").count();
    assert!(points >= 50, "{points} contact points");
}

#[test]
fn at_the_end_at_least_800_members_are_on_duty_and_more_than_100_have_volunteered() {
    let people = people::everybody(&tree::Tree::grown(), super::SEED);
    assert_eq!(people.len(), people::MEMBERS);
    let on_duty = people.iter().filter(|person| person.on_duty(jiff::civil::date(2023, 1, 10))).count();
    assert!((800..people::MEMBERS).contains(&on_duty), "{on_duty} on duty");
    let volunteers: BTreeSet<StreamId> = happened()
        .iter()
        .filter(|(_, event)| matches!(event, Event::Member(MemberEvent::ServiceRecorded { .. })))
        .map(|(stream, _)| *stream)
        .collect();
    assert!(volunteers.len() > 100, "{} volunteers", volunteers.len());
}

#[test]
fn forty_branches_on_three_levels_have_members_and_rare_names_among_them() {
    let tree = tree::Tree::grown();
    assert_eq!((tree.nodes.len(), tree.branches().len()), (53, 41));
    let people = people::everybody(&tree, super::SEED);
    assert!(tree.branches().iter().all(|branch| people.iter().any(|person| person.branch == *branch)));
    for rare in ["䶮", "𠮷", "·"] {
        assert!(people.iter().any(|person| person.name.contains(rare)), "{rare}");
    }
    let mut draws = super::draws::Draws::of(1, "names");
    assert!((2..=12).contains(&names::invented(&mut draws, 0).chars().count()));
    let registered =
        steps().iter().flat_map(|step| &step.drafts).filter(|draft| is_registration(&draft.unsealed())).count();
    assert_eq!(registered, people::MEMBERS);
}

fn is_registration(command: &Command) -> bool {
    matches!(command, Command::Member(_, MemberCommand::Register { .. }))
}

//! The roster 名册: registrations, and what becomes of the members.

use domain::member::{MemberCommand, Post};
use domain::person::Person as Record;
use jiff::civil::date;

use super::draft::{Act, Hour, Timeline};
use super::people::Person;
use super::tree::Tree;

/// Registers everybody and lets their year take its course.
pub fn plan(tree: &Tree, people: &[Person], timeline: &mut Timeline) {
    for (at, person) in people.iter().enumerate() {
        let register = MemberCommand::Register {
            branch: tree.id(person.branch),
            post: person.post,
            on: person.from,
            probation_until: person.probation_until,
        };
        let record = record(at, &person.name, None);
        timeline.plan(person.recorded, Hour::Roster, "members", |_| Act::member(person.id, register).with(record));
        change(tree, person, timeline);
        go_off_duty(person, timeline);
    }
    let (amended, day) = (&people[41], date(2022, 2, 15));
    let record = record(41, &amended.name, Some("内线 3041"));
    let amend = Act::member(amended.id, MemberCommand::AmendPerson { reason: None }).with(record);
    timeline.plan(day, Hour::Day, "records", |_| amend);
}

fn record(at: usize, name: &str, contact: Option<&str>) -> Record {
    Record::new(&format!("D{:04}", at + 1), name, contact).expect("an invented record is legal")
}

fn change(tree: &Tree, person: &Person, timeline: &mut Timeline) {
    if let Some(on) = person.formal_on {
        let command = MemberCommand::EndProbation { on };
        timeline.plan(on, Hour::Roster, "probations", |_| Act::member(person.id, command));
    }
    if let Some(on) = person.cadre_on {
        let command = MemberCommand::Appoint { post: Post::Cadre, on };
        timeline.plan(on, Hour::Roster, "appointments", |_| Act::member(person.id, command));
    }
    for change in person.changes.iter().filter(|change| !change.by_merger) {
        let (to, on) = (tree.id(change.to), change.on);
        let reason = [("reason", format!("调往{}工作", tree.nodes[change.to].name))];
        let act = Act::member_saying(person.id, reason, move |[reason]| MemberCommand::Transfer { to, on, reason });
        timeline.plan(on, Hour::Roster, "transfers", |_| act);
    }
}

fn go_off_duty(person: &Person, timeline: &mut Timeline) {
    if let Some((on, back)) = person.off {
        let reason = [("reason", "因故暂离岗位".to_owned())];
        let act = Act::member_saying(person.id, reason, move |[reason]| MemberCommand::Suspend { on, reason });
        timeline.plan(on, Hour::Roster, "suspensions", |_| act);
        if let Some(on) = back {
            let reason = [("reason", "已返回岗位".to_owned())];
            let act = Act::member_saying(person.id, reason, move |[reason]| MemberCommand::Reinstate { on, reason });
            timeline.plan(on, Hour::Roster, "reinstatements", |_| act);
        }
    }
    if let Some(on) = person.left {
        let reason = [("reason", "调离本单位".to_owned())];
        let act = Act::member_saying(person.id, reason, move |[reason]| MemberCommand::Leave { on, reason });
        timeline.plan(on, Hour::Roster, "departures", |_| act);
    }
}

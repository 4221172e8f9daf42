//! Two temporary branches 临时党支部 of four, from spring to the end of the year: too small to vote alone.

use std::collections::BTreeMap;

use domain::branch::{BranchCommand, BranchKind};
use domain::id::BranchId;
use domain::member::{MemberCommand, Post};
use jiff::civil::{Date, date};

use crate::demo::draft::{Act, Hour, Timeline, id_of};
use crate::demo::people::{Line, Person};
use crate::demo::tree::{OPENING, Tree, title};

const NAMES: [&str; 2] = ["疫情防控临时党支部", "旺季生产临时党支部"];
const EACH: usize = 4;
const FOUNDED: Date = date(2022, 2, 15);
/// The first day there.
const THERE: Date = date(2022, 2, 16);
/// The first day back.
const BACK: Date = date(2022, 12, 6);
const ENDED: Date = date(2022, 12, 8);

/// The temporary branches.
#[must_use]
pub fn branches() -> [BranchId; 2] {
    [1, 2].map(|number| BranchId(id_of("temporary-branches", number)))
}

/// Who is seconded where, by the place among everybody.
#[must_use]
pub fn places(people: &[Person]) -> BTreeMap<usize, BranchId> {
    let branches = branches();
    seconded(people).enumerate().map(|(place, at)| (at, branches[place / EACH])).collect()
}

/// Whether the seconded are there on a day.
#[must_use]
pub fn lasts_on(day: Date) -> bool {
    (THERE..BACK).contains(&day)
}

/// Office staff to whom nothing else happens.
fn seconded(people: &[Person]) -> impl Iterator<Item = usize> {
    let settled = |person: &Person| {
        let calm = person.changes.is_empty() && person.off.is_none() && person.left.is_none();
        let formal = person.probation_until.is_none() && person.recorded == OPENING;
        person.line == Line::Office && person.post == Post::Staff && calm && formal && person.cadre_on.is_none()
    };
    people.iter().enumerate().filter(move |(_, person)| settled(person)).map(|(at, _)| at).step_by(8).take(2 * EACH)
}

/// Founds them, sends people there and back, closes them.
pub fn plan(tree: &Tree, people: &[Person], timeline: &mut Timeline) {
    for (branch, name) in branches().into_iter().zip(NAMES) {
        let (kind, parent, name) = (BranchKind::Branch, Some(tree.id(Tree::ROOT)), title(name));
        let found = BranchCommand::Establish { kind, parent, name, on: FOUNDED };
        timeline.plan(FOUNDED, Hour::Third, "temporary-branches", |_| Act::branch(branch, found));
        let reason = [("reason", "专项工作结束,人员返回原支部".to_owned())];
        let close = |[reason]: [_; 1]| BranchCommand::Close { on: ENDED, reason };
        timeline.plan(ENDED, Hour::Top, "temporary-closures", |_| Act::branch_saying(branch, reason, close));
    }
    for (at, there) in places(people) {
        let person = &people[at];
        send(person, there, THERE, "抽调参加专项工作", timeline);
        send(person, tree.id(person.branch), BACK, "专项工作结束返回", timeline);
    }
}

fn send(person: &Person, to: BranchId, on: Date, why: &str, timeline: &mut Timeline) {
    let reason = [("reason", why.to_owned())];
    timeline.plan(on, Hour::Roster, "secondments", |_| {
        Act::member_saying(person.id, reason, move |[reason]| MemberCommand::Transfer { to, on, reason })
    });
}

//! The members 成员: who they are, where they belong, and what becomes of them in the year.
//!
//! # Invariant
//! At the end of the year at least 800 of the 812 are on duty.

use domain::id::MemberId;
use domain::member::Post;
use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::calendar::workday;
use super::draft::id_of;
use super::draws::Draws;
use super::money::split;
use super::names::invented;
use super::tree::{EMPTIED_ON, MERGED_ON, OPENING, Tree};

/// How many members are registered in all.
pub const MEMBERS: usize = 812;
const OFFICE_EACH: usize = 18;
const DELIVERY_EACH: usize = 15;
const DISTRICT_EACH: usize = 27;
const CLOSING: usize = 9;

/// What a member works in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// 机关
    Office,
    /// 金融
    Finance,
    /// 寄递
    Delivery,
}

/// Another branch from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The first day there.
    pub on: Date,
    /// Which node.
    pub to: usize,
    /// By a merger of branches, not by a command of its own.
    pub by_merger: bool,
}

/// A member and the course of their year.
pub struct Person {
    /// The id.
    pub id: MemberId,
    /// The name.
    pub name: String,
    /// What they work in.
    pub line: Line,
    /// Cadre or staff, at first.
    pub post: Post,
    /// The branch at first.
    pub branch: usize,
    /// The first day in the organisation.
    pub from: Date,
    /// The day the registration is recorded.
    pub recorded: Date,
    /// The last day of probation.
    pub probation_until: Option<Date>,
    /// The first day as a formal member, within the year.
    pub formal_on: Option<Date>,
    /// The first day as a cadre, of somebody who was staff.
    pub cadre_on: Option<Date>,
    /// Other branches.
    pub changes: Vec<Change>,
    /// Off duty from a day on, and back on another.
    pub off: Option<(Date, Option<Date>)>,
    /// The first day outside.
    pub left: Option<Date>,
}

impl Person {
    /// Where the member belongs on a day.
    #[must_use]
    pub fn branch_on(&self, day: Date) -> usize {
        self.changes.iter().rev().find(|change| change.on <= day).map_or(self.branch, |change| change.to)
    }

    /// Whether the log has the member on the roster on a day.
    #[must_use]
    pub fn on_roster(&self, day: Date) -> bool {
        self.recorded <= day && self.left.is_none_or(|left| day < left)
    }

    /// Whether the member is on duty on a day.
    #[must_use]
    pub fn on_duty(&self, day: Date) -> bool {
        let off = self.off.is_some_and(|(since, back)| since <= day && back.is_none_or(|back| day < back));
        self.on_roster(day) && !off
    }

    /// A cadre to whom nothing happens.
    #[must_use]
    pub fn is_steady_cadre(&self) -> bool {
        let moved = self.changes.iter().any(|change| !change.by_merger);
        self.post == Post::Cadre && !moved && self.off.is_none() && self.left.is_none() && self.recorded == OPENING
    }
}

/// Everybody, by staff number.
#[must_use]
pub fn everybody(tree: &Tree, seed: u64) -> Vec<Person> {
    let mut draws = Draws::of(seed, "people");
    let mut people = Vec::with_capacity(MEMBERS);
    for (branch, size) in sizes(tree) {
        for place in 0..size {
            people.push(somebody(&mut draws, tree, people.len(), branch, place));
        }
    }
    join_late(&mut people);
    become_formal(&mut people);
    go_off_duty(&mut people);
    change_branch(tree, &mut people);
    people
}

/// How many members each branch has at first.
fn sizes(tree: &Tree) -> Vec<(usize, usize)> {
    let closing = tree.closure().0;
    let fixed = |node: usize| match tree.nodes[node].parent {
        Some(Tree::OFFICE) => Some(OFFICE_EACH),
        Some(Tree::DELIVERY) => Some(DELIVERY_EACH),
        _ if tree.is_of_district(node) => Some(DISTRICT_EACH),
        _ => (node == closing).then_some(CLOSING),
    };
    let branches = tree.branches();
    let known: usize = branches.iter().filter_map(|node| fixed(*node)).sum();
    let open = branches.iter().filter(|node| fixed(**node).is_none()).count();
    let mut rest = split((MEMBERS - known) as i64, &vec![1; open]).into_iter();
    let size = |node: usize| fixed(node).or_else(|| rest.next().map(|size| size as usize)).unwrap_or_default();
    branches.iter().copied().zip(branches.iter().copied().map(size)).collect()
}

fn somebody(draws: &mut Draws, tree: &Tree, number: usize, branch: usize, place: usize) -> Person {
    let (line, cadre) = match tree.nodes[branch].parent {
        Some(Tree::OFFICE) => (Line::Office, place % 5 < 2),
        Some(Tree::DELIVERY) => (Line::Delivery, place.is_multiple_of(5)),
        _ if place % 20 < 13 => (Line::Finance, place.is_multiple_of(5)),
        _ => (Line::Delivery, place.is_multiple_of(5)),
    };
    let days = draws.below(13 * 365) as i32;
    Person {
        id: MemberId(id_of("members", number as u32 + 1)),
        name: invented(draws, number),
        line,
        post: if cadre { Post::Cadre } else { Post::Staff },
        branch,
        from: date(2008, 1, 7).saturating_add(days.days()),
        recorded: OPENING,
        probation_until: None,
        formal_on: None,
        cadre_on: None,
        changes: vec![],
        off: None,
        left: None,
    }
}

/// Staff among whom something happens, each only once: every 37th from a place on.
fn staff(people: &mut [Person], first: usize, count: usize) -> impl Iterator<Item = &mut Person> {
    let whom = move |(at, person): &(usize, &mut Person)| at % 37 == first && person.post == Post::Staff;
    people.iter_mut().enumerate().filter(whom).map(|(_, person)| person).take(count)
}

/// Newcomers of the year, on probation.
fn join_late(people: &mut [Person]) {
    let days = [date(2022, 3, 10), date(2022, 7, 12)];
    for (at, newcomer) in staff(people, 3, 14).enumerate() {
        let on = days[at % 2];
        (newcomer.from, newcomer.recorded) = (on, on);
        newcomer.probation_until = Some(on.saturating_add(1.year()).yesterday().unwrap_or(on));
    }
}

/// Those whose probation of the year before ends.
fn become_formal(people: &mut [Person]) {
    for (at, person) in staff(people, 5, 10).enumerate() {
        let from = date(2021, 4 + (at % 6) as i8, 12);
        let until = from.saturating_add(1.year());
        person.from = from;
        (person.probation_until, person.formal_on) = (Some(until), Some(workday(until)));
    }
    for (at, person) in staff(people, 7, 3).enumerate() {
        person.cadre_on = Some(workday(date(2022, 4 + 2 * at as i8, 18)));
    }
}

fn change_branch(tree: &Tree, people: &mut [Person]) {
    let branches: Vec<usize> =
        tree.branches().into_iter().filter(|node| ![tree.merger().0, tree.closure().0].contains(node)).collect();
    for (at, person) in staff(people, 11, 12).enumerate() {
        let to = branches
            [(branches.iter().position(|node| *node == person.branch).unwrap_or_default() + 1 + at) % branches.len()];
        let on = workday(date(2022, 2 + (at % 10) as i8, 23));
        person.changes.push(Change { on, to, by_merger: false });
    }
    for (from, to, on, by_merger) in
        [(tree.merger().0, tree.merger().1, MERGED_ON, true), (tree.closure().0, tree.closure().1, EMPTIED_ON, false)]
    {
        for person in people.iter_mut().filter(|person| person.on_roster(on) && person.branch_on(on) == from) {
            person.changes.push(Change { on, to, by_merger });
            person.changes.sort_by_key(|change| change.on);
        }
    }
}

/// Four leave; five are suspended, of whom two come back.
fn go_off_duty(people: &mut [Person]) {
    let days = [date(2022, 4, 20), date(2022, 6, 15), date(2022, 8, 24), date(2022, 11, 9)];
    for (day, person) in days.into_iter().zip(staff(people, 17, 4)) {
        person.left = Some(day);
    }
    let back = [Some(date(2022, 6, 20)), None, Some(date(2022, 10, 24)), None, None];
    let since = [date(2022, 3, 21), date(2022, 5, 16), date(2022, 8, 8), date(2022, 9, 19), date(2022, 11, 21)];
    for ((since, back), person) in since.into_iter().zip(back).zip(staff(people, 19, 5)) {
        person.off = Some((since, back));
    }
}

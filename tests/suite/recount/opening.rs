//! A quarterly round opens: who leads, who may vote, which groups are too small.

use std::collections::BTreeMap;

use domain::id::{BranchId, MemberId, RoundId};
use domain::period::Period;
use domain::round::{Group, RoundCommand, Rules};
use domain::world::Command;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::given::{Given, Listed, Paper};
use super::ruling::Results;
use super::town::Town;

/// A round that is being played.
pub struct Play<'t> {
    pub town: &'t mut Town,
    pub given: Given,
    /// The event after the opening: from here on until publication nothing may be told.
    pub frozen_from: usize,
    /// How answers fall: anyhow, all alike, or high.
    pub style: u64,
    /// Whose score was put right: what had been given then, and everybody's results.
    pub corrected: Vec<(MemberId, Value, Results)>,
}

/// From when on nothing more is given.
pub fn closing(town: &mut Town) -> Timestamp {
    let hours = i64::try_from(town.chance.within(2, 200)).unwrap();
    town.log.now() + hours.hours()
}

/// Who is on duty in these branches.
pub fn roster(town: &Town, branches: &[BranchId]) -> Vec<Listed> {
    let listed = town.people.iter().filter_map(|(member, person)| {
        let branch = person.branch().filter(|branch| branches.contains(branch) && !person.suspended)?;
        Some(Listed { member: *member, branch, graded: !person.on_probation })
    });
    listed.collect()
}

impl<'t> Play<'t> {
    /// Drafts and opens one for these branches; nothing where none can be.
    pub fn open(town: &'t mut Town, branches: &[BranchId], period: Period) -> Option<Self> {
        let people = roster(town, branches);
        let version = usize::try_from(town.chance.below(u64::try_from(town.rules.len()).unwrap())).unwrap();
        let rules = town.rules[version].clone();
        if !people.iter().any(|person| person.graded) {
            return None;
        }
        let given = planned(town, rules, period, people)?;
        let style = if town.alike { 1 } else { town.chance.below(4) };
        let mut play = Self { town, given, frozen_from: 0, style, corrected: vec![] };
        let rules_version = u32::try_from(version + 1).unwrap();
        play.must("office", RoundCommand::Draft { branches: branches.to_vec(), period, rules_version });
        let closes_at = closing(play.town);
        let Given { rules, groups, leaders, scrutineers, .. } = play.given.clone();
        let without = rules.groups.iter().map(|rule| rule.group).filter(|group| !groups.contains(group)).collect();
        play.frozen_from = play.must("office", RoundCommand::Open { closes_at, leaders, scrutineers, without }).end;
        play.vote(closes_at, &groups);
        Some(play)
    }

    pub fn command(&self, command: RoundCommand) -> Command {
        Command::Round(self.given.round, command)
    }

    pub fn must(&mut self, actor: &str, command: RoundCommand) -> std::ops::Range<usize> {
        let command = self.command(command);
        self.town.must(actor, &command)
    }
}

fn planned(town: &mut Town, rules: Rules, period: Period, people: Vec<Listed>) -> Option<Given> {
    let mut groups: Vec<Group> = rules.groups.iter().map(|rule| rule.group).collect();
    groups.retain(|_| town.chance.percent(94));
    let leaders = if groups.contains(&Group::Leader) { leaders(town, &people) } else { vec![] };
    let peers: Vec<MemberId> = people.iter().map(|person| person.member).filter(|one| !leaders.contains(one)).collect();
    let others = |person: &Listed| peers.iter().filter(|peer| **peer != person.member).count();
    let fewest = people.iter().filter(|person| person.graded).map(others).min()?;
    groups.retain(|group| *group != Group::Peer || fewest >= rules.threshold as usize);
    let secret = groups.iter().any(|group| group.is_secret());
    (!groups.is_empty()).then(|| Given {
        round: RoundId(town.chance.id()),
        period,
        rules,
        leaders,
        scrutineers: if secret { town.outsiders[4..].to_vec() } else { vec![] },
        papers: groups.iter().filter(|group| group.is_secret()).map(|group| (*group, Paper::default())).collect(),
        peers,
        groups,
        people,
        marks: BTreeMap::new(),
        counts: BTreeMap::new(),
        years: None,
    })
}

/// Leaders from outside and from within, so many that nobody is left to themselves.
fn leaders(town: &mut Town, people: &[Listed]) -> Vec<MemberId> {
    let within: Vec<MemberId> = people.iter().map(|person| person.member).collect();
    let many = usize::try_from(town.chance.below(4)).unwrap();
    let mut leaders = if town.chance.percent(50) { town.chance.some(&within, many) } else { vec![] };
    let least = if leaders.len() < 2 { 1 } else { 0 };
    let many = usize::try_from(town.chance.within(least, 3)).unwrap();
    leaders.extend(town.chance.some(&town.outsiders[..4], many));
    leaders
}

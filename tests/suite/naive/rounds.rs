//! Rounds and what the organisation knows of them: claims, rules, pages.

use std::collections::BTreeMap;

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::{MemberId, RoundId};
use domain::round::{Group, RoundEvent, Rules, Stage};
use projections::cell::Json;
use projections::claims::ClaimRow;
use projections::rounds::{Notice, RoundRow, Voting};
use projections::rule_sets::RuleSetRow;

use super::Naive;

/// What happened to one round, each with its fact.
pub type Course<'a> = Vec<(&'a Fact, &'a RoundEvent)>;

impl<'a> Naive<'a> {
    /// What happened to each round.
    pub fn courses(self) -> BTreeMap<RoundId, Course<'a>> {
        let mut courses: BTreeMap<RoundId, Course<'a>> = BTreeMap::new();
        for fact in self.facts() {
            if let Event::Round(event) = &fact.event {
                courses.entry(RoundId(fact.stream.id)).or_default().push((fact, event));
            }
        }
        courses
    }

    /// Every claim there ever was.
    pub fn claim_rows(self) -> Vec<ClaimRow> {
        let mut claims = BTreeMap::new();
        for (branch, event) in self.of_branches() {
            match event {
                BranchEvent::PeriodClaimed { round, period } => _ = claims.insert((branch, *period, *round), false),
                BranchEvent::PeriodReleased { round, period } => _ = claims.insert((branch, *period, *round), true),
                _ => {}
            }
        }
        let row = |((branch, period, round), released)| ClaimRow { branch, period, round, released };
        claims.into_iter().map(row).collect()
    }

    /// Every version of the rules.
    pub fn rule_set_rows(self) -> Vec<RuleSetRow> {
        let adopted = self.facts().iter().filter_map(|fact| match &fact.event {
            Event::Branch(BranchEvent::RulesAdopted { version, rules }) => Some(RuleSetRow {
                version: i64::from(*version),
                rules: Json(rules.clone()),
                adopted_by: fact.actor.clone(),
                adopted_at: fact.at,
                position: fact.position.0 as i64,
            }),
            _ => None,
        });
        let by_version: BTreeMap<i64, RuleSetRow> = adopted.map(|row| (row.version, row)).collect();
        by_version.into_values().collect()
    }

    /// Every round that was drafted.
    pub fn round_rows(self) -> Vec<RoundRow> {
        self.courses().into_iter().filter_map(|(round, course)| round_row(round, &course)).collect()
    }
}

/// The last of what some events say.
fn last<'a, T>(course: &Course<'a>, say: impl Fn(&'a Fact, &'a RoundEvent) -> Option<T>) -> Option<T> {
    course.iter().rev().find_map(|(fact, event)| say(fact, event))
}

/// What happened since the opening or the last reopening.
pub fn since_opened<'c, 'a>(course: &'c Course<'a>) -> &'c [(&'a Fact, &'a RoundEvent)] {
    let begins = |event: &RoundEvent| matches!(event, RoundEvent::Opened { .. } | RoundEvent::Reopened { .. });
    let at = course.iter().rposition(|(_, event)| begins(event)).unwrap_or_default();
    &course[at..]
}

fn stage(event: &RoundEvent) -> Option<Stage> {
    match event {
        RoundEvent::Drafted { .. } => Some(Stage::Drafted),
        RoundEvent::Opened { .. } | RoundEvent::Reopened { .. } | RoundEvent::GroupRepeated { .. } => {
            Some(Stage::Opened)
        }
        RoundEvent::Closed { .. } => Some(Stage::Closed),
        RoundEvent::Tallied { .. } => Some(Stage::Tallied),
        RoundEvent::GradesDecided { .. } => Some(Stage::Decided),
        RoundEvent::Published { .. } => Some(Stage::Published),
        RoundEvent::Finalised { .. } => Some(Stage::Final),
        RoundEvent::Annulled { .. } => Some(Stage::Annulled),
        _ => None,
    }
}

fn round_row(round: RoundId, course: &Course<'_>) -> Option<RoundRow> {
    use RoundEvent as E;
    let (drafted_at, branches, period, rules_version) = last(course, |fact, event| match event {
        E::Drafted { branches, period, rules_version } => Some((fact.at, branches, *period, *rules_version)),
        _ => None,
    })?;
    let opened = last(course, |fact, event| match event {
        E::Opened { rules, groups, .. } => Some((fact, rules, groups)),
        _ => None,
    });
    let roster = last(course, |_, event| match event {
        E::RosterFixed { people, leaders, peers, .. } => Some((people, leaders, peers)),
        _ => None,
    });
    let published = last(course, |fact, event| match event {
        E::Published { publicity_until, appeal_until, .. } => Some((fact.at, *publicity_until, *appeal_until)),
        _ => None,
    });
    let reviewed = roster.map(|(people, ..)| people.iter().filter(|person| !person.on_probation).count());
    let reopened = last(course, |fact, event| match event {
        E::Reopened { version, .. } => Some((i64::from(*version), fact.position.0 as i64)),
        _ => None,
    });
    let first = opened.map(|(fact, ..)| (1, fact.position.0 as i64));
    let (version, given_from) = reopened.or(first).unwrap_or_default();
    Some(RoundRow {
        round,
        period,
        stage: last(course, |_, event| stage(event))?,
        branches: Json(branches.clone()),
        rules_version: i64::from(rules_version),
        drafted_at,
        rules: opened.map(|(_, rules, _)| Json(Rules::clone(rules))),
        voting: Json(opened.map(|(.., groups)| voting(course, groups)).unwrap_or_default()),
        voided: Json(voided(course)),
        peers: roster.map_or(0, |(_, _, peers)| peers.len() as i64),
        reviewed: reviewed.unwrap_or_default() as i64,
        leaders: Json(roster.map(|(_, leaders, _)| leaders.clone()).unwrap_or_default()),
        scrutineers: Json(scrutineers(course.as_slice())),
        opened_at: opened.map(|(fact, ..)| fact.at),
        closes_at: last(course, |_, event| match event {
            E::Opened { closes_at, .. } | E::Reopened { closes_at, .. } | E::GroupRepeated { closes_at, .. } => {
                Some(*closes_at)
            }
            _ => None,
        }),
        version,
        given_from,
        proposed_at: proposed_at(course),
        decided_by: since_opened(course).iter().rev().find_map(|(_, event)| match event {
            E::GradesDecided { by, .. } => Some(by.clone()),
            _ => None,
        }),
        published_at: published.map(|(at, ..)| at),
        publicity_until: published.map(|(_, publicity, _)| publicity),
        appeal_until: published.map(|(.., appeal)| appeal),
        notices: Json(notices(course)),
        quarters: Json(
            last(course, |_, event| match event {
                E::Tallied { rounds, .. } => Some(rounds.clone()),
                _ => None,
            })
            .unwrap_or_default(),
        ),
    })
}

/// Where the proposal or what was decided is, until it is published, void or annulled.
fn proposed_at(course: &Course<'_>) -> Option<i64> {
    use RoundEvent as E;
    last(course, |fact, event| match event {
        E::Tallied { .. } | E::GradesDecided { .. } => Some(Some(fact.position.0 as i64)),
        E::Published { .. } | E::Reopened { .. } | E::Annulled { .. } => Some(None),
        _ => None,
    })
    .flatten()
}

fn voting(course: &Course<'_>, groups: &[Group]) -> BTreeMap<Group, Voting> {
    let reopenings = course.iter().filter(|(_, event)| matches!(event, RoundEvent::Reopened { .. })).count() as u32;
    groups.iter().map(|group| (*group, voting_of(course, *group, reopenings))).collect()
}

/// A group's voting since its latest attempt began. Attempts are counted: each repetition and each reopening is one.
fn voting_of(course: &Course<'_>, group: Group, reopenings: u32) -> Voting {
    use RoundEvent as E;
    let repeats = |event: &RoundEvent| matches!(event, E::GroupRepeated { group: of, .. } if *of == group);
    let begins = |event: &RoundEvent| matches!(event, E::Opened { .. } | E::Reopened { .. }) || repeats(event);
    let repeated = course.iter().filter(|(_, event)| repeats(event)).count() as u32;
    let at = course.iter().rposition(|(_, event)| begins(event)).unwrap_or_default();
    let closed = course.iter().enumerate().skip(at).find(|(_, (_, event))| matches!(event, E::Closed { .. }));
    let counted_by = closed.filter(|_| group.is_secret()).map(|(closed, _)| scrutineers(&course[..closed]));
    let (attempt, counted_by) = (1 + reopenings + repeated, counted_by.unwrap_or_default());
    let mut voting = Voting { attempt, issued: 0, returned: None, blank: 0, void: None, counted_by };
    for (_, event) in &course[at..] {
        match event {
            E::PaperIssued { group: of, count, .. } if *of == group => voting.issued += count,
            E::PaperReturned { group: of, returned, blank, .. } if *of == group => {
                (voting.returned, voting.blank) = (Some(*returned), *blank);
            }
            E::GroupVoided { group: of, cause, .. } if *of == group => voting.void = Some(*cause),
            _ => {}
        }
    }
    voting
}

fn voided(course: &Course<'_>) -> Vec<(Group, u32, domain::round::Void, u32, u32, u32)> {
    let of = |(_, event): &(&Fact, &RoundEvent)| match event {
        RoundEvent::GroupVoided { group, attempt, cause, eligible, issued, returned } => {
            Some((*group, *attempt, *cause, *eligible, *issued, *returned))
        }
        _ => None,
    };
    course.iter().filter_map(of).collect()
}

/// Each asked for, with whoever approved or declined it: the next of these that is about the same.
fn notices(course: &Course<'_>) -> Vec<Notice> {
    use RoundEvent as E;
    let mut notices = vec![];
    for (at, (fact, event)) in course.iter().enumerate() {
        let (reason, by, is_reopening) = match event {
            E::ReopeningProposed { reason, by } => (reason, by, true),
            E::AnnulmentProposed { reason, by } => (reason, by, false),
            _ => continue,
        };
        let answer = course[at..].iter().find_map(|(_, event)| match event {
            E::Reopened { by, .. } if is_reopening => Some((by, None)),
            E::Annulled { by, .. } if !is_reopening => Some((by, None)),
            E::ReopeningDeclined { by, reason, .. } if is_reopening => Some((by, Some(reason))),
            E::AnnulmentDeclined { by, reason, .. } if !is_reopening => Some((by, Some(reason))),
            _ => None,
        });
        let opened = course[..at].iter().filter(|(_, event)| matches!(event, E::Opened { .. } | E::Reopened { .. }));
        notices.push(Notice {
            version: is_reopening.then_some(opened.count() as u32 + 1),
            reason: reason.clone(),
            proposed_by: by.clone(),
            approved_by: answer.filter(|(_, declined)| declined.is_none()).map(|(by, _)| by.clone()),
            declined: answer.and_then(|(by, declined)| Some((by.clone(), declined?.clone()))),
            position: fact.position.0,
        });
    }
    notices
}

/// Who counts: those named at the opening, each replaced in turn.
fn scrutineers(course: &[(&Fact, &RoundEvent)]) -> Vec<MemberId> {
    let mut scrutineers = vec![];
    for (_, event) in course {
        match event {
            RoundEvent::Opened { scrutineers: named, .. } => scrutineers.clone_from(named),
            RoundEvent::ScrutineerReplaced { from, to, .. } => {
                scrutineers = scrutineers.into_iter().map(|one| if one == *from { *to } else { one }).collect();
            }
            _ => {}
        }
    }
    scrutineers
}

//! Who takes part in rounds, what each gave and got, and what came out.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{MemberId, RoundId};
use domain::round::{Group, Rostered, RoundEvent};
use projections::appeals::AppealRow;
use projections::cell::Json;
use projections::leader_reviews::LeaderReviewRow;
use projections::paper_counts::PaperCountRow;
use projections::round_people::RoundPersonRow;
use projections::round_results::RoundResultRow;

use super::Naive;
use super::rounds::Course;

impl Naive<'_> {
    /// Everybody on a roster, a leader from elsewhere and the suspended ones included.
    pub fn round_person_rows(self) -> Vec<RoundPersonRow> {
        let of = |(round, course): (RoundId, Course<'_>)| {
            people(&course).into_iter().map(|member| person_row(round, member, &course)).collect::<Vec<_>>()
        };
        self.courses().into_iter().flat_map(of).collect()
    }

    /// Every leader's review.
    pub fn leader_review_rows(self) -> Vec<LeaderReviewRow> {
        let mut rows = vec![];
        for (round, course) in self.courses() {
            let pairs: BTreeSet<(MemberId, MemberId)> = course
                .iter()
                .filter_map(|(_, event)| match event {
                    RoundEvent::LeaderReviewGiven { reviewer, member, .. } => Some((*member, *reviewer)),
                    _ => None,
                })
                .collect();
            rows.extend(pairs.into_iter().map(|(member, reviewer)| review_row(round, member, reviewer, &course)));
        }
        rows
    }

    /// Every count entered.
    pub fn paper_count_rows(self) -> Vec<PaperCountRow> {
        let mut rows: BTreeMap<_, PaperCountRow> = BTreeMap::new();
        for (round, course) in self.courses() {
            for (fact, event) in course {
                let RoundEvent::PaperCounted { group, attempt, member, scrutineer, .. } = event else { continue };
                let (group_of, attempt, member, scrutineer) = (*group, i64::from(*attempt), *member, *scrutineer);
                let (entered_at, position) = (fact.at, fact.position.0 as i64);
                let fresh =
                    PaperCountRow { round, group_of, attempt, member, scrutineer, entered_at, position, times: 0 };
                let row = rows.entry((round, group_of, attempt, member, scrutineer)).or_insert(fresh);
                (row.entered_at, row.position, row.times) = (entered_at, position, row.times + 1);
            }
        }
        rows.into_values().collect()
    }

    /// Every version of every result.
    pub fn round_result_rows(self) -> Vec<RoundResultRow> {
        let mut rows = vec![];
        for (round, course) in self.courses() {
            let named = course.iter().filter_map(|(_, event)| match event {
                RoundEvent::Corrected { member, version, .. } | RoundEvent::ResultPublished { member, version, .. } => {
                    Some((*member, *version))
                }
                _ => None,
            });
            let versions: BTreeSet<(MemberId, u32)> = named.collect();
            rows.extend(versions.into_iter().map(|(member, version)| version_row(round, member, version, &course)));
        }
        rows
    }

    /// Every appeal.
    pub fn appeal_rows(self) -> Vec<AppealRow> {
        let mut rows: BTreeMap<_, AppealRow> = BTreeMap::new();
        for (round, course) in self.courses() {
            for (fact, event) in course {
                appeal(round, fact.at, event, &mut rows);
            }
        }
        rows.into_values().collect()
    }
}

type Rows = BTreeMap<domain::id::AppealId, AppealRow>;

fn appeal(round: RoundId, at: jiff::Timestamp, event: &RoundEvent, rows: &mut Rows) {
    match event {
        RoundEvent::AppealFiled { appeal, member, text, answer_until, .. } => {
            let row = AppealRow {
                appeal: *appeal,
                round,
                member: *member,
                filed_at: at,
                text: text.clone(),
                answer_until: *answer_until,
                overdue: false,
                upheld: None,
                answer: None,
                answered_by: None,
                answered_at: None,
                correction: None,
            };
            rows.insert(*appeal, row);
        }
        RoundEvent::AppealOverdue { appeal, .. } => {
            rows.get_mut(appeal).into_iter().for_each(|row| row.overdue = true);
        }
        RoundEvent::AppealAnswered { appeal, upheld, answer, by, .. } => {
            if let Some(row) = rows.get_mut(appeal) {
                (row.upheld, row.answer) = (Some(*upheld), Some(answer.clone()));
                (row.answered_by, row.answered_at) = (Some(by.clone()), Some(at));
            }
        }
        RoundEvent::Corrected { appeal: Some(appeal), version, .. } => {
            rows.get_mut(appeal).into_iter().for_each(|row| row.correction = Some(i64::from(*version)));
        }
        _ => {}
    }
}

/// Everybody whom a roster names.
fn people(course: &Course<'_>) -> BTreeSet<MemberId> {
    let mut all = BTreeSet::new();
    for (_, event) in course {
        if let RoundEvent::RosterFixed { people, leaders, peers, suspended } = event {
            all.extend(people.iter().map(|person| person.member));
            all.extend(leaders.iter().chain(peers).chain(suspended));
        }
    }
    all
}

fn person_row(round: RoundId, member: MemberId, course: &Course<'_>) -> RoundPersonRow {
    let on_roster = |fact: fn(&RoundEvent, MemberId) -> bool| course.iter().any(|(_, event)| fact(event, member));
    let entry: Option<Rostered> = course.iter().rev().find_map(|(_, event)| match event {
        RoundEvent::RosterFixed { people, .. } => people.iter().find(|person| person.member == member).copied(),
        _ => None,
    });
    // What happens before anybody is on the roster is of nobody.
    let begins = course.iter().position(|(_, event)| names(event, member)).unwrap_or_default();
    let course = course[begins..].to_vec();
    let themselves = course
        .iter()
        .filter(|(_, event)| matches!(event, RoundEvent::SelfReviewGiven { member: of, .. } if *of == member));
    let themselves: Vec<_> = themselves.map(|(fact, _)| *fact).collect();
    let reviewed = course.iter().filter_map(|(fact, event)| match event {
        RoundEvent::LeaderReviewGiven { reviewer, member: of, .. } if *of == member => {
            Some((*reviewer, fact.position.0))
        }
        _ => None,
    });
    let (standing, published_at) = standing(&course, member);
    let result = standing.map(|(.., result)| result);
    RoundPersonRow {
        round,
        member,
        branch: entry.map(|entry| entry.branch),
        since: entry.map(|entry| entry.since),
        on_probation: entry.is_some_and(|entry| entry.on_probation),
        is_reviewed: entry.is_some_and(|entry| !entry.on_probation),
        is_leader: on_roster(
            |event, member| matches!(event, RoundEvent::RosterFixed { leaders, .. } if leaders.contains(&member)),
        ),
        is_peer: on_roster(
            |event, member| matches!(event, RoundEvent::RosterFixed { peers, .. } if peers.contains(&member)),
        ),
        is_suspended: on_roster(
            |event, member| matches!(event, RoundEvent::RosterFixed { suspended, .. } if suspended.contains(&member)),
        ),
        self_review: course.iter().rev().find_map(|(_, event)| match event {
            RoundEvent::SelfReviewGiven { member: of, text } if *of == member => Some(text.clone()),
            _ => None,
        }),
        self_reviewed_at: themselves.last().map(|fact| fact.at),
        self_reviewed_position: themselves.last().map(|fact| fact.position.0 as i64),
        self_reviewed_times: themselves.len() as i64,
        reviewed_by: Json(reviewed.collect()),
        paper_attempt: course.iter().rev().find_map(|(_, event)| match event {
            RoundEvent::PaperIssued { group: Group::Peer, attempt, to: Some(of), .. } if *of == member => {
                Some(i64::from(*attempt))
            }
            _ => None,
        }),
        version: standing.map(|(version, ..)| i64::from(version)),
        period: standing.map(|(_, period, _)| period),
        score: result.and_then(|result| result.score),
        proposed: result.and_then(|result| result.proposed.clone()),
        grade: result.and_then(|result| result.grade.clone()),
        reason: result.and_then(|result| result.reason.clone()),
        result: result.map(|result| Json(result.clone())),
        published_at,
    }
}

fn names(event: &RoundEvent, member: MemberId) -> bool {
    let RoundEvent::RosterFixed { people, leaders, peers, suspended } = event else { return false };
    people.iter().any(|person| person.member == member)
        || [leaders, peers, suspended].iter().any(|named| named.contains(&member))
}

type Standing<'a> = (u32, domain::period::Period, &'a domain::round::MemberResult);

/// The result that stands, and when the first one since nothing stood was published.
fn standing<'a>(course: &Course<'a>, member: MemberId) -> (Option<Standing<'a>>, Option<jiff::Timestamp>) {
    let taken_back =
        |event: &RoundEvent| matches!(event, RoundEvent::ResultWithdrawn { member: of, .. } if *of == member);
    let since = course.iter().rposition(|(_, event)| taken_back(event)).map_or(0, |at| at + 1);
    let published: Vec<_> = course[since..]
        .iter()
        .filter_map(|(fact, event)| match event {
            RoundEvent::ResultPublished { member: of, period, version, result, .. } if *of == member => {
                Some((fact.at, (*version, *period, result)))
            }
            _ => None,
        })
        .collect();
    (published.last().map(|(_, standing)| *standing), published.first().map(|(at, _)| *at))
}

fn review_row(round: RoundId, member: MemberId, reviewer: MemberId, course: &Course<'_>) -> LeaderReviewRow {
    let of_pair = |event: &RoundEvent| matches!(event, RoundEvent::LeaderReviewGiven { reviewer: by, member: of, .. } if (*of, *by) == (member, reviewer));
    let given: Vec<_> = course.iter().filter(|(_, event)| of_pair(event)).map(|(fact, _)| *fact).collect();
    let last = course.iter().rposition(|(_, event)| of_pair(event)).unwrap_or_default();
    let comment = match course[last].1 {
        RoundEvent::LeaderReviewGiven { comment, .. } => comment.clone(),
        _ => None,
    };
    let moderated = course[last..].iter().rev().find_map(|(fact, event)| match event {
        RoundEvent::CommentModerated { reviewer: by, member: of, released, reason }
            if (*of, *by) == (member, reviewer) =>
        {
            Some((*released, reason.clone(), fact.at))
        }
        _ => None,
    });
    LeaderReviewRow {
        round,
        member,
        reviewer,
        first_given_at: given[0].at,
        given_at: given[given.len() - 1].at,
        position: given[given.len() - 1].position.0 as i64,
        times: given.len() as i64,
        comment,
        released: moderated.as_ref().map(|(released, ..)| *released),
        moderation: moderated.as_ref().and_then(|(_, reason, _)| reason.clone()),
        moderated_at: moderated.map(|(.., at)| at),
    }
}

fn version_row(round: RoundId, member: MemberId, version: u32, course: &Course<'_>) -> RoundResultRow {
    let published = course.iter().rev().find_map(|(fact, event)| match event {
        RoundEvent::ResultPublished { member: of, version: which, branch, period, result, score_before }
            if (*of, *which) == (member, version) =>
        {
            Some((fact, *branch, *period, result, *score_before))
        }
        _ => None,
    });
    let corrected = course.iter().rev().find_map(|(_, event)| match event {
        RoundEvent::Corrected { member: of, version: which, appeal, reason, by, put_right }
            if (*of, *which) == (member, version) =>
        {
            Some((*appeal, reason.clone(), by.clone(), put_right.clone()))
        }
        _ => None,
    });
    RoundResultRow {
        round,
        member,
        version: i64::from(version),
        result: published.map(|(.., result, _)| Json(result.clone())),
        branch: published.map(|(_, branch, ..)| branch),
        period: published.map(|(_, _, period, ..)| period),
        score_before: published.and_then(|(.., before)| before),
        published_at: published.map(|(fact, ..)| fact.at),
        position: published.map(|(fact, ..)| fact.position.0 as i64),
        appeal: corrected.as_ref().and_then(|(appeal, ..)| *appeal),
        reason: corrected.as_ref().map(|(_, reason, ..)| reason.clone()),
        corrected_by: corrected.as_ref().map(|(_, _, by, _)| by.clone()),
        put_right: Json(corrected.map(|(.., put_right)| put_right).unwrap_or_default()),
    }
}

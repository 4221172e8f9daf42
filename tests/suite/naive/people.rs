//! Members, and their years.

use domain::branch::BranchEvent;
use domain::id::{BranchId, MemberId, PlaqueId};
use domain::member::{MemberEvent, Outcome, Post};
use domain::text::Sealed;
use jiff::civil::Date;
use projections::contact_points::ContactPointRow;
use projections::member_years::MemberYearRow;
use projections::members::MemberRow;
use projections::words::{ContactPointStanding, MemberStanding};

use super::trainings::Session;
use super::{Naive, count};

impl<'a> Naive<'a> {
    /// The roster, the departed included.
    pub fn member_rows(self) -> Vec<MemberRow> {
        let (sessions, points) = (self.sessions(), self.contact_point_rows());
        self.members().into_iter().map(|member| self.member_row(member, &sessions, &points)).collect()
    }

    fn member_row(self, member: MemberId, sessions: &[Session], points: &[ContactPointRow]) -> MemberRow {
        let events = self.of(member);
        // Only the last time on the roster says since when, on what terms and till when.
        let last = events.iter().rposition(|event| registration(event).is_some()).unwrap();
        let (joined_on, probation) = registration(events[last]).unwrap();
        let formal = events[last..].iter().any(|event| matches!(event, MemberEvent::ProbationEnded { .. }));
        let left_on = events[last..].iter().find_map(|event| match event {
            MemberEvent::Left { on, .. } => Some(*on),
            _ => None,
        });
        let merged_into = events.iter().find_map(|event| match event {
            MemberEvent::Merged { into, .. } => Some(*into),
            _ => None,
        });
        let plaque = plaque(&events);
        let year = self.year_row(member, None, sessions);
        MemberRow {
            member,
            branch: self.branch_of(member),
            post: post(&events),
            standing: standing(&events),
            probation_until: if formal { None } else { probation },
            joined_on,
            left_on,
            badge_checks: year.badge_checks,
            badges_worn: year.badges_worn,
            services: year.services,
            service_minutes: year.service_minutes,
            plaque: plaque.as_ref().map(|(plaque, _)| *plaque),
            plaque_duty: plaque.map(|(_, duty)| duty),
            commitments_made: year.commitments_made,
            commitments_fulfilled: year.commitments_fulfilled,
            commitments_missed: year.commitments_missed,
            trainings: year.trainings,
            training_minutes: year.training_minutes,
            theme_days: year.theme_days,
            contests: year.contests,
            honours: year.honours,
            contact_points: count(points, |point| {
                let paired = point.cadre_a == member || point.cadre_b == member;
                paired && point.standing == ContactPointStanding::Standing
            }),
            merged_into,
        }
    }

    /// The branch somebody is in, or was in at last.
    pub fn branch_of(self, member: MemberId) -> BranchId {
        let joined = |event: &MemberEvent| match event {
            MemberEvent::Registered { branch, .. } | MemberEvent::Readmitted { branch, .. } => Some(*branch),
            MemberEvent::Transferred { to, .. } => Some(*to),
            _ => None,
        };
        self.of(member).into_iter().rev().find_map(joined).unwrap()
    }

    /// Whether somebody is on the roster, and whether on duty.
    pub fn standing_of(self, member: MemberId) -> MemberStanding {
        standing(&self.of(member))
    }

    /// Every year in which something was recorded of a member.
    pub fn member_year_rows(self) -> Vec<MemberYearRow> {
        let (mut rows, sessions) = (Vec::new(), self.sessions());
        for year in 2020..2026 {
            for member in self.members() {
                if self.did_something(member, year) {
                    rows.push(self.year_row(member, Some(year), &sessions));
                }
            }
        }
        rows
    }

    fn did_something(self, member: MemberId, year: i16) -> bool {
        let by_branches = self.of_branches().any(|(_, event)| match event {
            BranchEvent::TrainingHeld { on, attendees, .. } | BranchEvent::ThemeDayHeld { on, attendees, .. } => {
                on.year() == year && attendees.contains(&member)
            }
            BranchEvent::AttendanceCorrected { held_on, added, removed, .. } => {
                held_on.year() == year && (added.contains(&member) || removed.contains(&member))
            }
            _ => false,
        });
        by_branches || self.of(member).into_iter().any(|event| activity(event).is_some_and(|on| on.year() == year))
    }

    /// What somebody did in a year, or ever.
    fn year_row(self, member: MemberId, year: Option<i16>, sessions: &[Session]) -> MemberYearRow {
        let within = |on: &Date| year.is_none_or(|year| on.year() == year);
        let events: Vec<&MemberEvent> =
            self.of(member).into_iter().filter(|event| activity(event).is_some_and(|on| within(&on))).collect();
        let settled = |how: Outcome| {
            count(&events, |e| matches!(e, MemberEvent::CommitmentSettled { outcome, .. } if *outcome == how))
        };
        let minutes = |event: &&MemberEvent| match event {
            MemberEvent::ServiceRecorded { minutes, .. } => Some(i64::from(*minutes)),
            _ => None,
        };
        let attended: Vec<_> =
            sessions.iter().filter(|session| within(&session.on) && session.came.contains(&member)).collect();
        MemberYearRow {
            year: i64::from(year.unwrap_or_default()),
            member,
            services: events.iter().filter_map(minutes).count() as i64,
            service_minutes: events.iter().filter_map(minutes).sum(),
            badge_checks: count(&events, |event| matches!(event, MemberEvent::BadgeChecked { .. })),
            badges_worn: count(&events, |event| matches!(event, MemberEvent::BadgeChecked { worn: true, .. })),
            trainings: attended.len() as i64,
            training_minutes: attended.iter().map(|session| session.minutes).sum(),
            theme_days: count(self.of_branches(), |(_, event)| {
                matches!(event, BranchEvent::ThemeDayHeld { on, attendees, .. }
                    if within(on) && attendees.contains(&member))
            }),
            contests: count(&events, |event| matches!(event, MemberEvent::ContestPlaced { .. })),
            honours: count(&events, |event| matches!(event, MemberEvent::HonourGranted { .. })),
            commitments_made: count(&events, |event| matches!(event, MemberEvent::CommitmentMade { .. })),
            commitments_fulfilled: settled(Outcome::Fulfilled),
            commitments_missed: settled(Outcome::Missed),
        }
    }
}

fn registration(event: &MemberEvent) -> Option<(Date, Option<Date>)> {
    match event {
        MemberEvent::Registered { on, probation_until, .. } | MemberEvent::Readmitted { on, probation_until, .. } => {
            Some((*on, *probation_until))
        }
        _ => None,
    }
}

fn post(events: &[&MemberEvent]) -> Post {
    let given = |event: &&MemberEvent| match event {
        MemberEvent::Registered { post, .. }
        | MemberEvent::Readmitted { post, .. }
        | MemberEvent::Appointed { post, .. } => Some(*post),
        _ => None,
    };
    events.iter().rev().find_map(given).unwrap()
}

fn standing(events: &[&MemberEvent]) -> MemberStanding {
    let told = |event: &&MemberEvent| match event {
        MemberEvent::Registered { .. } | MemberEvent::Readmitted { .. } | MemberEvent::Reinstated { .. } => {
            Some(MemberStanding::OnDuty)
        }
        MemberEvent::Suspended { .. } => Some(MemberStanding::Suspended),
        MemberEvent::Left { .. } => Some(MemberStanding::Left),
        MemberEvent::Merged { .. } => Some(MemberStanding::Merged),
        _ => None,
    };
    events.iter().rev().find_map(told).unwrap()
}

fn plaque(events: &[&MemberEvent]) -> Option<(PlaqueId, Sealed)> {
    let told = |event: &&MemberEvent| match event {
        MemberEvent::PlaquePublished { plaque, duty, .. } => Some(Some((*plaque, duty.clone()))),
        MemberEvent::PlaqueWithdrawn { .. } | MemberEvent::Left { .. } | MemberEvent::Merged { .. } => Some(None),
        _ => None,
    };
    events.iter().rev().find_map(told).flatten()
}

/// The day of something that counts for a member's year.
fn activity(event: &MemberEvent) -> Option<Date> {
    match event {
        MemberEvent::BadgeChecked { on, .. }
        | MemberEvent::ServiceRecorded { on, .. }
        | MemberEvent::CommitmentMade { on, .. }
        | MemberEvent::CommitmentSettled { on, .. }
        | MemberEvent::ContestPlaced { on, .. }
        | MemberEvent::HonourGranted { on, .. } => Some(*on),
        _ => None,
    }
}

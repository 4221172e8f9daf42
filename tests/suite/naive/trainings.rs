//! Training sessions, and who came.

use std::collections::BTreeSet;

use domain::branch::BranchEvent;
use domain::id::{BranchId, MemberId, TrainingId};
use domain::text::Sealed;
use jiff::civil::Date;
use projections::attendance::AttendanceRow;
use projections::trainings::TrainingRow;

use super::Naive;

/// A session with everyone who came, after corrections.
pub struct Session {
    pub training: TrainingId,
    pub branch: BranchId,
    pub on: Date,
    pub topic: Sealed,
    pub minutes: i64,
    pub came: BTreeSet<MemberId>,
}

impl Naive<'_> {
    /// Every session.
    pub fn sessions(self) -> Vec<Session> {
        let mut sessions: Vec<Session> = Vec::new();
        for (branch, event) in self.of_branches() {
            match event {
                BranchEvent::TrainingHeld { training, on, topic, minutes, attendees } => sessions.push(Session {
                    training: *training,
                    branch,
                    on: *on,
                    topic: topic.clone(),
                    minutes: i64::from(*minutes),
                    came: attendees.iter().copied().collect(),
                }),
                BranchEvent::AttendanceCorrected { training, added, removed, .. } => {
                    let session = sessions.iter_mut().find(|session| session.training == *training).unwrap();
                    session.came.retain(|member| !removed.contains(member));
                    session.came.extend(added);
                }
                _ => {}
            }
        }
        sessions
    }

    /// The sessions as rows.
    pub fn training_rows(self) -> Vec<TrainingRow> {
        let row = |session: Session| TrainingRow {
            training: session.training,
            branch: session.branch,
            held_on: session.on,
            topic: session.topic,
            minutes: session.minutes,
            attendees: session.came.len() as i64,
        };
        self.sessions().into_iter().map(row).collect()
    }

    /// Who came, as rows.
    pub fn attendance_rows(self) -> Vec<AttendanceRow> {
        let mut rows = Vec::new();
        for session in self.sessions() {
            for member in session.came {
                let Session { training, branch, on, minutes, .. } = session;
                rows.push(AttendanceRow { training, member, held_on: on, minutes, branch });
            }
        }
        rows
    }
}

//! A deadline: when it is, and the command that is sent then, under an id that follows from both.

use domain::branch::BranchCommand;
use domain::id::{ActorId, AppealId, BranchId, MemberId, RoundId, TalkId};
use domain::member::MemberCommand;
use domain::period::Zone;
use domain::round::RoundCommand;
use domain::stream::{StreamId, StreamKind};
use domain::world::Command;
use graphql::ports::Asker;
use jiff::Timestamp;
use jiff::civil::Date;
use projections::dues::DueRow;
use projections::words::DueKind;

/// Who sends what is due.
pub const ACTOR: &str = "deadline";

/// A deadline.
#[derive(Debug, Clone, PartialEq)]
pub struct Deadline {
    /// When it is.
    pub at: Timestamp,
    /// The id of the command: the same for everybody who sends it.
    pub command_id: String,
    /// What is sent.
    pub command: Command,
}

impl Deadline {
    /// A round closes.
    #[must_use]
    pub fn close(round: RoundId, at: Timestamp) -> Self {
        Self { at, command_id: format!("close-{round}-{at}"), command: Command::Round(round, RoundCommand::Close) }
    }

    /// A round becomes final.
    #[must_use]
    pub fn finalise(round: RoundId, at: Timestamp) -> Self {
        let command = Command::Round(round, RoundCommand::Finalise);
        Self { at, command_id: format!("finalise-{round}-{at}"), command }
    }

    /// An appeal was to be answered.
    #[must_use]
    pub fn overdue(round: RoundId, appeal: AppealId, at: Timestamp) -> Self {
        let command = Command::Round(round, RoundCommand::NoteOverdue { appeal });
        Self { at, command_id: format!("overdue-{appeal}-{at}"), command }
    }

    /// A talk is to be followed up, from the beginning of a day in the organisation's zone; nothing of a round, which
    /// holds no talks.
    #[must_use]
    pub fn follow_up(with: StreamId, talk: TalkId, on: Date, zone: &Zone) -> Option<Self> {
        let command = match with.kind {
            StreamKind::Member => Command::Member(MemberId(with.id), MemberCommand::CallFollowUp { talk }),
            StreamKind::Branch => Command::Branch(BranchId(with.id), BranchCommand::CallFollowUp { talk }),
            StreamKind::Round => return None,
        };
        Some(Self { at: zone.start_of(on), command_id: format!("follow-up-{talk}-{on}"), command })
    }

    /// Who sends it, under its id.
    #[must_use]
    pub fn asker(&self) -> Asker {
        let command_id = self.command_id.clone();
        Asker { actor: ActorId(ACTOR.to_owned()), correlation: command_id.clone(), command_id }
    }
}

/// The deadlines of a row that are not noted yet.
pub(super) fn of(row: &DueRow, zone: &Zone) -> Vec<Deadline> {
    let round = RoundId(row.subject);
    match row.kind {
        DueKind::RoundClose => vec![Deadline::close(round, row.due_at)],
        DueKind::RoundFinalisation => vec![Deadline::finalise(round, row.due_at)],
        DueKind::AppealAnswer => {
            let open = row.appeals.0.iter().filter(|(_, open)| !open.noted);
            open.map(|(appeal, open)| Deadline::overdue(round, *appeal, open.answer_until)).collect()
        }
        DueKind::TalkFollowUp => {
            let with = StreamId { kind: row.subject_kind, id: row.subject };
            row.due_on.and_then(|on| Deadline::follow_up(with, TalkId(row.item), on, zone)).into_iter().collect()
        }
    }
}

//! What may be asked of a member 成员命令. Fields mean what they mean in the events they lead to.
#![expect(missing_docs, reason = "a field of a command means what the event's field means")]

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::kind::{Level, Outcome, Post};
use crate::id::{
    ActorId, BadgeCheckId, BranchId, CommitmentId, ContestId, HonourId, MemberId, PlaqueId, ResultId, ServiceId,
    TalkId, TeamId,
};
use crate::ledger::{Correction, Report, Target};
use crate::text::Sealed;

/// Another member of a team 队友.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TeamMate {
    /// Who.
    pub member: MemberId,
    /// The contest's title under this member's own key.
    pub title: Sealed,
}

/// A command to a member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MemberCommand {
    /// Enter the roster of a branch; the person's record goes beside the log.
    Register { branch: BranchId, post: Post, on: Date, probation_until: Option<Date> },
    /// Enter the roster of a branch again, after leaving.
    Readmit { branch: BranchId, post: Post, on: Date, probation_until: Option<Date> },
    /// Amend the person's record beside the log.
    AmendPerson {
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<Sealed>,
    },
    /// Give another post.
    Appoint { post: Post, on: Date },
    /// Move to another branch.
    Transfer { to: BranchId, on: Date, reason: Sealed },
    /// Become a formal member.
    EndProbation { on: Date },
    /// Be off duty for a time.
    Suspend { on: Date, reason: Sealed },
    /// Be on duty again.
    Reinstate { on: Date, reason: Sealed },
    /// Leave the organisation.
    Leave { on: Date, reason: Sealed },
    /// Record a badge check.
    CheckBadge { check: BadgeCheckId, on: Date, place: Sealed, worn: bool },
    /// Record a volunteer service.
    RecordService { service: ServiceId, on: Date, activity: Sealed, minutes: u32 },
    /// Show a service plaque; it replaces none, so an earlier one is withdrawn first.
    PublishPlaque { plaque: PlaqueId, on: Date, duty: Sealed },
    /// Take a plaque down.
    WithdrawPlaque { plaque: PlaqueId, on: Date, reason: Sealed },
    /// Make a public commitment.
    MakeCommitment { commitment: CommitmentId, on: Date, due: Date, text: Sealed },
    /// Show evidence for it.
    EvidenceCommitment { commitment: CommitmentId, on: Date, evidence: Sealed },
    /// Say whether it was kept.
    SettleCommitment { commitment: CommitmentId, on: Date, outcome: Outcome, note: Option<Sealed> },
    /// Set a plan or base.
    SetTarget(Target),
    /// Report a result.
    ReportResult(Report),
    /// Correct a result.
    CorrectResult(Correction, Sealed),
    /// Withdraw a result; another one may then be reported for its period.
    WithdrawResult(ResultId, Sealed),
    /// Record a place in a contest for this member and the team mates.
    PlaceInContest {
        contest: ContestId,
        on: Date,
        title: Sealed,
        level: Level,
        place: u32,
        team: TeamId,
        team_mates: Vec<TeamMate>,
    },
    /// Grant an honour.
    GrantHonour { honour: HonourId, on: Date, title: Sealed, level: Level, body: Sealed },
    /// Ask for a reminder talk.
    ProposeTalk { talk: TalkId, reason: Sealed },
    /// Approve one, as another.
    ApproveTalk { talk: TalkId },
    /// Decline one, as another.
    DeclineTalk { talk: TalkId, reason: Sealed },
    /// Record that it was held.
    HoldTalk { talk: TalkId, on: Date, by: MemberId, record: Sealed },
    /// Note that the day of the follow-up has come.
    CallFollowUp { talk: TalkId },
    /// Record the follow-up.
    FollowUpTalk { talk: TalkId, on: Date, note: Sealed },
    /// Close it.
    CloseTalk { talk: TalkId, on: Date },
    /// Be another registration of the same person.
    Merge { into: MemberId, on: Date, reason: Sealed },
    /// Let somebody else's account act as this member.
    LinkAccount { account: ActorId },
    /// Let it no longer do so.
    UnlinkAccount { account: ActorId },
}

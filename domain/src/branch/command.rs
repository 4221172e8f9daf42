//! What may be asked of a branch 组织命令. Fields mean what they mean in the events they lead to.
#![expect(missing_docs, reason = "a field of a command means what the event's field means")]

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::kind::{BranchKind, Competitors, OutletKind, RankedBy, SixS, StandardKind};
use crate::grant::Role;
use crate::id::{
    ActorId, BranchId, CompetitionId, ContactPointId, GrantId, ImprovementId, InspectionId, MemberId, OutletId,
    ResultId, StandardId, TalkId, ThemeDayId, TrainingId, VisitId,
};
use crate::ledger::{Correction, Metric, Report, Target};
use crate::period::Period;
use crate::round::Rules;
use crate::text::{MetricCode, Sealed, Title};

/// An outlet, and the branch that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutletAt {
    /// The branch that holds it.
    pub branch: BranchId,
    /// The outlet.
    pub outlet: OutletId,
}

/// A command to a branch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum BranchCommand {
    /// Found a branch under another; the top committee, [`BranchId::root`], has none above.
    Establish { kind: BranchKind, parent: Option<BranchId>, name: Title, on: Date },
    /// Take another name.
    Rename { name: Title, on: Date },
    /// Go under another branch.
    Move { to: BranchId, on: Date, reason: Sealed },
    /// Be merged into another branch, with all members, outlets and contact points.
    Merge { into: BranchId, on: Date, reason: Sealed },
    /// End; the branch must be empty.
    Close { on: Date, reason: Sealed },
    /// Open an outlet.
    OpenOutlet { outlet: OutletId, kind: OutletKind, name: Title, on: Date },
    /// Close an outlet.
    CloseOutlet { outlet: OutletId, on: Date, reason: Sealed },
    /// Put a standard up on the wall.
    DisplayStandard { standard: StandardId, outlet: OutletId, kind: StandardKind, title: Sealed, on: Date },
    /// Record a 6S inspection.
    InspectOutlet { inspection: InspectionId, outlet: OutletId, on: Date, results: SixS, remarks: Option<Sealed> },
    /// Link exactly two cadres with exactly one financial outlet and one delivery station.
    AssignContactPoint {
        contact_point: ContactPointId,
        cadres: Vec<MemberId>,
        outlets: Vec<OutletAt>,
        from: Date,
        until: Option<Date>,
    },
    /// Record a visit by one of the pair.
    VisitContactPoint {
        visit: VisitId,
        contact_point: ContactPointId,
        by: MemberId,
        outlet: OutletId,
        on: Date,
        note: Sealed,
    },
    /// End a contact point.
    EndContactPoint { contact_point: ContactPointId, on: Date, reason: Sealed },
    /// Define a metric; the top committee only.
    DefineMetric(Metric),
    /// Set a plan or base.
    SetTarget(Target),
    /// Report a result.
    ReportResult(Report),
    /// Correct a result.
    CorrectResult(Correction, Sealed),
    /// Withdraw a result; another one may then be reported for its period.
    WithdrawResult(ResultId, Sealed),
    /// Announce a competition within this branch's subtree.
    AnnounceCompetition {
        competition: CompetitionId,
        title: Title,
        metric: MetricCode,
        period: Period,
        competitors: Competitors,
        ranked_by: RankedBy,
    },
    /// Conclude it, once its period is over.
    ConcludeCompetition { competition: CompetitionId },
    /// Record a training session.
    HoldTraining { training: TrainingId, on: Date, topic: Sealed, minutes: u32, attendees: Vec<MemberId> },
    /// Correct its attendance.
    CorrectAttendance { training: TrainingId, added: Vec<MemberId>, removed: Vec<MemberId>, reason: Sealed },
    /// Record a theme day.
    HoldThemeDay { theme_day: ThemeDayId, on: Date, topic: Sealed, attendees: Vec<MemberId> },
    /// Report a service improvement.
    ReportImprovement { improvement: ImprovementId, on: Date, what: Sealed, evidence: Sealed, effect: Sealed },
    /// Confirm an improvement somebody else reported.
    ConfirmImprovement { improvement: ImprovementId, on: Date, note: Option<Sealed> },
    /// Adopt rules of evaluation; the top committee only.
    AdoptRules(Box<Rules>),
    /// Ask for a reminder talk.
    ProposeTalk { talk: TalkId, reason: Sealed },
    /// Approve one, as another.
    ApproveTalk { talk: TalkId },
    /// Decline one, as another.
    DeclineTalk { talk: TalkId, reason: Sealed },
    /// Record that it was held.
    HoldTalk { talk: TalkId, on: Date, by: MemberId, attendees: Vec<MemberId>, record: Sealed },
    /// Note that the day of the follow-up has come.
    CallFollowUp { talk: TalkId },
    /// Record the follow-up.
    FollowUpTalk { talk: TalkId, on: Date, note: Sealed },
    /// Close it.
    CloseTalk { talk: TalkId, on: Date },
    /// Grant somebody else a role in this branch's subtree.
    GrantRole { grant: GrantId, to: ActorId, role: Role, from: Date, until: Option<Date> },
    /// Withdraw one.
    WithdrawRole { grant: GrantId, reason: Sealed },
}

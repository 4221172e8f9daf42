//! What may be asked of a round 评议轮次命令. Fields mean what they mean in the events they lead to.
#![expect(missing_docs, reason = "a field of a command means what the event's field means")]

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::kind::{Code, Counts, Group, Marks};
use crate::id::{AppealId, BranchId, MemberId, RoundId};
use crate::period::Period;
use crate::text::Sealed;

/// A grade that the committee gives other than as proposed, or across the border of the cap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GradeGiven {
    pub member: MemberId,
    pub grade: Code,
    /// Required where it differs from the proposal, and for a tie across the border of the cap.
    pub reason: Option<Sealed>,
}

/// What is put right in a published result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Fix {
    /// The counts of a secret group on the person, all dimensions.
    Counts { group: Group, counts: Counts },
    /// One leader's marks.
    Marks { reviewer: MemberId, marks: Marks },
    /// The grade.
    Grade { grade: Code },
    /// A year's result, from its quarters and the comparisons as they are now.
    Recompute,
}

/// A command to a round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RoundCommand {
    /// Draft it for branches and a period under a version of the organisation's rules.
    Draft { branches: Vec<BranchId>, period: Period, rules_version: u32 },
    /// Open it: fix rules and roster. Groups that cannot be secret are left out by name.
    Open { closes_at: Timestamp, leaders: Vec<MemberId>, scrutineers: Vec<MemberId>, without: Vec<Group> },
    /// Review oneself.
    GiveSelfReview { member: MemberId, text: Sealed },
    /// Review somebody as a leader; again until the close.
    GiveLeaderReview { reviewer: MemberId, member: MemberId, marks: Marks, comment: Option<Sealed> },
    /// Hand out ballots: one to a peer, or many to the public.
    IssuePaper { group: Group, to: Option<MemberId>, count: u32 },
    /// Say how many came back.
    ReturnPaper { group: Group, returned: u32, blank: u32 },
    /// Enter a scrutineer's count on one person.
    CountPaper { group: Group, member: MemberId, scrutineer: MemberId, counts: Counts },
    /// Let somebody else count in a scrutineer's place, all anew.
    ReplaceScrutineer { from: MemberId, to: MemberId, reason: Sealed },
    /// Close it, once its time has come and the counts agree.
    Close,
    /// Let a void group vote again; a second one joins the first until the same close.
    RepeatGroup { group: Group, closes_at: Timestamp },
    /// Compute the proposal; a yearly round names the quarterly rounds.
    Tally { rounds: Vec<RoundId> },
    /// Say whether a leader's comment is shown.
    ModerateComment { reviewer: MemberId, member: MemberId, released: bool, reason: Option<Sealed> },
    /// Decide the grades: as proposed, but for these.
    DecideGrades { given: Vec<GradeGiven> },
    /// Publish.
    Publish,
    /// Appeal against one's result.
    FileAppeal { appeal: AppealId, member: MemberId, text: Sealed },
    /// Note that an appeal was not answered in time.
    NoteOverdue { appeal: AppealId },
    /// Answer an appeal; one that is upheld with what is put right.
    AnswerAppeal { appeal: AppealId, upheld: bool, answer: Sealed, fixes: Vec<Fix> },
    /// Put a published result right.
    Correct { member: MemberId, fixes: Vec<Fix>, reason: Sealed },
    /// Make it final, once publicity and appeals are over.
    Finalise,
    /// Ask for everybody to vote anew.
    ProposeReopening { reason: Sealed },
    /// Approve that, as another.
    Reopen { closes_at: Timestamp },
    /// Decline that, or take it back.
    DeclineReopening { reason: Sealed },
    /// Ask for it to be annulled.
    ProposeAnnulment { reason: Sealed },
    /// Approve that, as another.
    Annul,
    /// Decline that, or take it back.
    DeclineAnnulment { reason: Sealed },
}

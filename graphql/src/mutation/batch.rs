//! Many commands in one call 批量命令, of whatever kinds, in order.
//!
//! # Rules
//! - Not all or nothing: each is accepted or refused by itself, under its own id, after the one before it was answered. So a call
//!   that broke off is sent again as it is: what was accepted is answered as replayed, the rest goes on.
//! - Each says its id: one that was made for it could not be sent again.
//! - Each is as if it came in a request of its own: rights are looked at anew, and what a command before made is found.
//!
//! # Not here
//! Files of any length ([the import](../../../docs/import.md)); commands that one call makes by itself ([`super::drafts`]).

use async_graphql::{Context, InputObject, Object, OneofObject, SimpleObject};

use super::activity::{
    ConfirmImprovementInput, CorrectAttendanceInput, HoldThemeDayInput, HoldTrainingInput, ReportImprovementInput,
};
use super::appeal::{AnswerAppealInput, CorrectResultInput, FileAppealInput};
use super::ballot::{IssuePaperInput, ReturnPaperInput};
use super::committee::{DecideGradesInput, ModerateCommentInput, PublishRoundInput, TallyRoundInput};
use super::competition::{AnnounceCompetitionInput, ConcludeCompetitionInput};
use super::contact_point::{AssignContactPointInput, EndContactPointInput, VisitContactPointInput};
use super::display::{
    CheckBadgeInput, EvidenceCommitmentInput, MakeCommitmentInput, PublishPlaqueInput, RecordServiceInput,
    SettleCommitmentInput, WithdrawPlaqueInput,
};
use super::grant::{GrantRoleInput, LinkAccountInput, UnlinkAccountInput, WithdrawRoleInput};
use super::honour::{GrantHonourInput, PlaceInContestInput};
use super::ledger::{
    CorrectBranchResultInput, CorrectMemberResultInput, ReportBranchResultInput, ReportMemberResultInput,
    SetBranchTargetInput, SetMemberTargetInput, WithdrawBranchResultInput, WithdrawMemberResultInput,
};
use super::organisation::{
    CloseBranchInput, DefineMetricInput, EstablishBranchInput, MergeBranchInput, MoveBranchInput, RenameBranchInput,
};
use super::outlet::{CloseOutletInput, DisplayStandardInput, InspectOutletInput, OpenOutletInput};
use super::review::{GiveLeaderReviewInput, GiveSelfReviewInput};
use super::roster::{
    AmendPersonInput, AppointMemberInput, EndProbationInput, MergeMemberInput, ReadmitMemberInput,
    RecordDepartureInput, RegisterMemberInput, ReinstateMemberInput, SuspendMemberInput, TransferMemberInput,
};
use super::round::{
    AnnulRoundInput, CloseRoundInput, DeclineAnnulmentInput, DeclineReopeningInput, DraftRoundInput,
    FinaliseRoundInput, OpenRoundInput, ProposeAnnulmentInput, ProposeReopeningInput, ReopenRoundInput,
    RepeatGroupInput, ReplaceScrutineerInput,
};
use super::rules::AdoptRulesInput;
use super::talk::{
    ApproveTalkInput, CloseTalkInput, DeclineTalkInput, FollowUpTalkInput, HoldTalkInput, ProposeTalkInput,
};
use crate::door::{Ask, Asked, Door, Halt, Ids, Under, through};
use crate::fault::Result;
use crate::refusal::{Outcome, Refusal};
use crate::scalar::Position;
use crate::schema::READ;
use crate::session::Session;

/// The most commands of one call.
pub const MOST: usize = 500;

/// What many commands weigh: each as much as a read, and what is asked of each outcome.
fn weight(commands: usize, outcome: usize) -> usize {
    commands.min(MOST) * (READ + outcome)
}

/// Commands in one call.
#[derive(Debug, Clone, InputObject)]
pub struct SendCommandsInput {
    /// The commands in order, 500 at most; each with a `commandId` of its own.
    commands: Vec<CommandInput>,
    /// The id of what they all are part of, for those that name none.
    correlation_id: Option<String>,
}

/// What came of the commands of one call 批量命令结果; or a refusal of the whole, before any was sent.
#[derive(Debug, Clone, SimpleObject)]
pub struct BatchOutcome {
    /// The furthest position of those accepted; nothing where none was.
    position: Option<Position>,
    /// Why no command was sent at all; nothing where they were.
    refusal: Option<Refusal>,
    /// What came of each, in the order of the commands.
    outcomes: Vec<Outcome>,
}

/// Many commands at once.
#[derive(Default)]
pub struct Batches;

#[Object]
impl Batches {
    /// Sends commands of whatever kinds, one after the other 批量命令. Each is accepted or refused by itself; one that is refused
    /// stops none after it. Safe to send again as it is.
    #[graphql(complexity = "weight(input.commands.len(), child_complexity)")]
    async fn send_commands(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: SendCommandsInput,
    ) -> Result<Option<BatchOutcome>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let SendCommandsInput { commands, correlation_id } = input;
        if commands.len() > MOST {
            let refusal = Some(Refusal::too_many("commands", commands.len(), MOST));
            return Ok(Some(BatchOutcome { position: None, refusal, outcomes: vec![] }));
        }
        let mut outcomes = Vec::with_capacity(commands.len());
        for command in commands {
            session.begin_anew().await?;
            outcomes.push(Box::pin(through(ctx, OneOf { command, correlation: correlation_id.clone() })).await?);
        }
        let position = outcomes.iter().filter_map(|outcome: &Outcome| outcome.position).max();
        Ok(Some(BatchOutcome { position, refusal: None, outcomes }))
    }
}

/// One of the commands of a call.
struct OneOf {
    command: CommandInput,
    correlation: Option<String>,
}

impl Under for OneOf {
    fn ids(&self) -> Ids {
        let own = self.command.ids();
        // Left out, it is no id, and refused as such: nobody makes one.
        let command = Some(own.command.unwrap_or_default());
        Ids { command, correlation: own.correlation.or_else(|| self.correlation.clone()), ..own }
    }
}

impl Ask for OneOf {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        self.command.put(door).await
    }
}

/// Declares the commands that may be among many: each mutation that asks for one.
macro_rules! commands {
    ($($name:ident($input:ty);)*) => {
        /// One command 命令: exactly one of these, each as the mutation of that name takes it.
        #[derive(Debug, Clone, OneofObject)]
        #[expect(clippy::large_enum_variant, reason = "read once, one after the other, and few")]
        pub enum CommandInput {
            $(
                /// As the mutation of that name takes it.
                $name($input),
            )*
        }

        impl Under for CommandInput {
            fn ids(&self) -> Ids {
                match self {
                    $(Self::$name(input) => input.ids(),)*
                }
            }
        }

        impl Ask for CommandInput {
            async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
                match self {
                    // In a box, lest what waits be as large as the largest of all.
                    $(Self::$name(input) => Box::pin(input.put(door)).await,)*
                }
            }
        }
    };
}

commands! {
    EstablishBranch(EstablishBranchInput);
    RenameBranch(RenameBranchInput);
    MoveBranch(MoveBranchInput);
    MergeBranch(MergeBranchInput);
    CloseBranch(CloseBranchInput);
    DefineMetric(DefineMetricInput);
    GrantRole(GrantRoleInput);
    WithdrawRole(WithdrawRoleInput);
    LinkAccount(LinkAccountInput);
    UnlinkAccount(UnlinkAccountInput);
    RegisterMember(RegisterMemberInput);
    ReadmitMember(ReadmitMemberInput);
    AmendPerson(AmendPersonInput);
    AppointMember(AppointMemberInput);
    TransferMember(TransferMemberInput);
    EndProbation(EndProbationInput);
    SuspendMember(SuspendMemberInput);
    ReinstateMember(ReinstateMemberInput);
    RecordDeparture(RecordDepartureInput);
    MergeMember(MergeMemberInput);
    CheckBadge(CheckBadgeInput);
    RecordService(RecordServiceInput);
    PublishPlaque(PublishPlaqueInput);
    WithdrawPlaque(WithdrawPlaqueInput);
    MakeCommitment(MakeCommitmentInput);
    EvidenceCommitment(EvidenceCommitmentInput);
    SettleCommitment(SettleCommitmentInput);
    OpenOutlet(OpenOutletInput);
    CloseOutlet(CloseOutletInput);
    DisplayStandard(DisplayStandardInput);
    InspectOutlet(InspectOutletInput);
    AssignContactPoint(AssignContactPointInput);
    VisitContactPoint(VisitContactPointInput);
    EndContactPoint(EndContactPointInput);
    HoldTraining(HoldTrainingInput);
    CorrectAttendance(CorrectAttendanceInput);
    HoldThemeDay(HoldThemeDayInput);
    ReportImprovement(ReportImprovementInput);
    ConfirmImprovement(ConfirmImprovementInput);
    PlaceInContest(PlaceInContestInput);
    GrantHonour(GrantHonourInput);
    SetMemberTarget(SetMemberTargetInput);
    ReportMemberResult(ReportMemberResultInput);
    CorrectMemberResult(CorrectMemberResultInput);
    WithdrawMemberResult(WithdrawMemberResultInput);
    SetBranchTarget(SetBranchTargetInput);
    ReportBranchResult(ReportBranchResultInput);
    CorrectBranchResult(CorrectBranchResultInput);
    WithdrawBranchResult(WithdrawBranchResultInput);
    AnnounceCompetition(AnnounceCompetitionInput);
    ConcludeCompetition(ConcludeCompetitionInput);
    AdoptRules(AdoptRulesInput);
    DraftRound(DraftRoundInput);
    OpenRound(OpenRoundInput);
    CloseRound(CloseRoundInput);
    ReplaceScrutineer(ReplaceScrutineerInput);
    RepeatGroup(RepeatGroupInput);
    FinaliseRound(FinaliseRoundInput);
    ProposeReopening(ProposeReopeningInput);
    ReopenRound(ReopenRoundInput);
    DeclineReopening(DeclineReopeningInput);
    ProposeAnnulment(ProposeAnnulmentInput);
    AnnulRound(AnnulRoundInput);
    DeclineAnnulment(DeclineAnnulmentInput);
    GiveSelfReview(GiveSelfReviewInput);
    GiveLeaderReview(GiveLeaderReviewInput);
    IssuePaper(IssuePaperInput);
    ReturnPaper(ReturnPaperInput);
    TallyRound(TallyRoundInput);
    ModerateComment(ModerateCommentInput);
    DecideGrades(DecideGradesInput);
    PublishRound(PublishRoundInput);
    FileAppeal(FileAppealInput);
    AnswerAppeal(AnswerAppealInput);
    CorrectResult(CorrectResultInput);
    ProposeTalk(ProposeTalkInput);
    ApproveTalk(ApproveTalkInput);
    DeclineTalk(DeclineTalkInput);
    HoldTalk(HoldTalkInput);
    FollowUpTalk(FollowUpTalkInput);
    CloseTalk(CloseTalkInput);
}

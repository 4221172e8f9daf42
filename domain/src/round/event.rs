//! What has happened to a round 评议轮次事件.

use jiff::Timestamp;

use super::kind::{Group, PutRight, Rostered, Void};
use super::result::MemberResult;
use super::rules::Rules;
use crate::amount::Amount;
use crate::event::events;
use crate::id::{ActorId, AppealId, BranchId, MemberId};
use crate::period::Period;
use crate::text::Sealed;

events! {
    /// What has happened to a round.
    pub enum RoundEvent {
        /// Was drafted for a period; each branch's stream holds its claim on it 起草.
        Drafted = "round_drafted" {
            /// The branches it covers.
            branches: Vec<BranchId>,
            /// The quarter, or the year.
            period: Period,
            /// The version of the organisation's rules that it is for.
            rules_version: u32,
        },
        /// Opened: the rules are fixed 开启.
        Opened = "round_opened" {
            /// The rules, whole.
            rules: Rules,
            /// The groups that review; those of the rules that are not here were left out.
            groups: Vec<Group>,
            /// The instant from which nothing more is given.
            closes_at: Timestamp,
            /// Who counts the ballots.
            scrutineers: Vec<MemberId>,
        },
        /// Who is reviewed and who reviews, as of the opening 名册.
        RosterFixed = "round_roster_fixed" {
            /// Who belongs to the branches: all but those on probation are reviewed.
            people: Vec<Rostered>,
            /// The leaders, who mark everybody but themselves.
            leaders: Vec<MemberId>,
            /// The peers, who hold a ballot on everybody but themselves.
            peers: Vec<MemberId>,
            /// Who belongs to the branches and was suspended.
            suspended: Vec<MemberId>,
        },
        /// Somebody reviewed themselves 自评.
        SelfReviewGiven = "round_self_review_given" {
            /// Who.
            member: MemberId,
            /// What was said.
            text: Sealed,
        },
        /// A leader reviewed somebody 领导点评; the last one before the close counts.
        LeaderReviewGiven = "round_leader_review_given" {
            /// The leader.
            reviewer: MemberId,
            /// Of whom.
            member: MemberId,
            /// The marks, under the round's key until publication.
            marks: Sealed,
            /// What was said, under the reviewed person's key.
            comment: Option<Sealed>,
        },
        /// Ballots were handed out 发票.
        PaperIssued = "round_paper_issued" {
            /// To which group.
            group: Group,
            /// In which of its attempts.
            attempt: u32,
            /// To which peer; nobody is named for the public.
            to: Option<MemberId>,
            /// How many.
            count: u32,
        },
        /// The box was opened 收票; said again until the close, the last one counts.
        PaperReturned = "round_paper_returned" {
            /// Of which group.
            group: Group,
            /// In which of its attempts.
            attempt: u32,
            /// How many ballots came back.
            returned: u32,
            /// How many of them hold nothing at all.
            blank: u32,
        },
        /// A scrutineer counted the answers on one person 计票; the last count of each counts.
        PaperCounted = "round_paper_counted" {
            /// Of which group.
            group: Group,
            /// In which of its attempts.
            attempt: u32,
            /// On whom.
            member: MemberId,
            /// Who counted.
            scrutineer: MemberId,
            /// The counts, under the round's key until publication.
            counts: Sealed,
        },
        /// Somebody else counts in a scrutineer's place: what the one before counted of the attempts under way is void
        /// 更换监票人.
        ScrutineerReplaced = "round_scrutineer_replaced" {
            /// Who counted until then.
            from: MemberId,
            /// Who counts from then on.
            to: MemberId,
            /// Why.
            reason: Sealed,
            /// By whom.
            by: ActorId,
        },
        /// Closed: nothing more is given or counted 截止.
        Closed = "round_closed" {
            /// The instant that had been set.
            closed_at: Timestamp,
        },
        /// A group does not count 无效.
        GroupVoided = "round_group_voided" {
            /// Which.
            group: Group,
            /// Which of its attempts.
            attempt: u32,
            /// Why.
            cause: Void,
            /// How many were eligible.
            eligible: u32,
            /// How many ballots were issued.
            issued: u32,
            /// How many came back.
            returned: u32,
        },
        /// A void group votes again 重评.
        GroupRepeated = "round_group_repeated" {
            /// Which.
            group: Group,
            /// The new attempt.
            attempt: u32,
            /// The instant from which nothing more is given.
            closes_at: Timestamp,
        },
        /// The scores were computed; the proposal is under the round's key until publication 计算.
        Tallied = "round_tallied" {
            /// The version of the round: 1, and one more after each reopening.
            version: u32,
            /// Everybody's proposed result.
            proposal: Sealed,
            /// In yearly rounds, the quarterly rounds whose scores it is made of.
            rounds: Vec<crate::id::RoundId>,
        },
        /// A leader's comment was looked at before it is shown 评语审核.
        CommentModerated = "round_comment_moderated" {
            /// Whose comment.
            reviewer: MemberId,
            /// Of whom.
            member: MemberId,
            /// Whether it is shown after publication.
            released: bool,
            /// Why not.
            reason: Option<Sealed>,
        },
        /// The committee decided the grades 审定; under the round's key until publication.
        GradesDecided = "round_grades_decided" {
            /// The version of the round.
            version: u32,
            /// Everybody's result with its grade.
            decided: Sealed,
            /// By whom.
            by: ActorId,
        },
        /// Published 公示.
        Published = "round_published" {
            /// The version of the round.
            version: u32,
            /// The end of the publicity.
            publicity_until: Timestamp,
            /// The instant from which no appeal is filed.
            appeal_until: Timestamp,
        },
        /// A person's result, published or corrected 结果.
        ResultPublished = "round_result_published" {
            /// Whose.
            member: MemberId,
            /// In which branch.
            branch: BranchId,
            /// The round's period.
            period: Period,
            /// 1, and one more after each correction.
            version: u32,
            /// The result.
            result: MemberResult,
            /// The score of the version before; none before the first, and where that was incomplete.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            score_before: Option<Amount>,
        },
        /// A published result was taken back, as its round was annulled 撤回; the annulment follows.
        ResultWithdrawn = "round_result_withdrawn" {
            /// Whose.
            member: MemberId,
            /// In which branch.
            branch: BranchId,
            /// The round's period.
            period: Period,
            /// The version that stood.
            version: u32,
        },
        /// The mean of a branch's published scores, said anew after each correction 组织均分.
        BranchScored = "round_branch_scored" {
            /// The branch.
            branch: BranchId,
            /// The round's period.
            period: Period,
            /// The mean, two places; nothing while fewer persons than the anonymity threshold have a score.
            score: Option<Amount>,
            /// How many persons have a score.
            persons: u32,
        },
        /// Somebody appealed against their result 申诉; it stands meanwhile.
        AppealFiled = "round_appeal_filed" {
            /// The appeal.
            appeal: AppealId,
            /// Whose result.
            member: MemberId,
            /// Why.
            text: Sealed,
            /// The instant by which it is to be answered.
            answer_until: Timestamp,
            /// By whom; events from before this was said name nobody.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            by: Option<ActorId>,
        },
        /// An appeal was not answered in time 申诉逾期.
        AppealOverdue = "round_appeal_overdue" {
            /// The appeal.
            appeal: AppealId,
            /// Whose result.
            member: MemberId,
            /// The instant by which it was to be answered.
            answer_until: Timestamp,
        },
        /// An appeal was answered by somebody other than who decided 申诉答复.
        AppealAnswered = "round_appeal_answered" {
            /// The appeal.
            appeal: AppealId,
            /// Whose result.
            member: MemberId,
            /// Whether it was right; the correction follows.
            upheld: bool,
            /// What was said.
            answer: Sealed,
            /// By whom.
            by: ActorId,
        },
        /// A published result was corrected 更正; the new version follows.
        Corrected = "round_result_corrected" {
            /// Whose.
            member: MemberId,
            /// The version that replaces the one before, which is kept.
            version: u32,
            /// The appeal it follows from, if one.
            appeal: Option<AppealId>,
            /// Why.
            reason: Sealed,
            /// By whom.
            by: ActorId,
            /// What was put right; events from before this was said name nothing.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            put_right: Vec<PutRight>,
        },
        /// Became final 归档.
        Finalised = "round_finalised" {
            /// The version of the round.
            version: u32,
        },
        /// Somebody asked for everybody to vote anew; another is to approve 提请重评.
        ReopeningProposed = "round_reopening_proposed" {
            /// Why.
            reason: Sealed,
            /// By whom.
            by: ActorId,
        },
        /// That everybody votes anew was declined or taken back 否决或撤回提请.
        ReopeningDeclined = "round_reopening_declined" {
            /// Why.
            reason: Sealed,
            /// Who had asked for it.
            proposed_by: ActorId,
            /// By whom.
            by: ActorId,
        },
        /// Everybody votes anew; the first count stays sealed 重启.
        Reopened = "round_reopened" {
            /// The version of the round.
            version: u32,
            /// Why.
            reason: Sealed,
            /// Who asked for it.
            proposed_by: ActorId,
            /// Who approved it.
            by: ActorId,
            /// The instant from which nothing more is given.
            closes_at: Timestamp,
        },
        /// Somebody asked for it to be annulled; another is to approve 提请作废.
        AnnulmentProposed = "round_annulment_proposed" {
            /// Why.
            reason: Sealed,
            /// By whom.
            by: ActorId,
        },
        /// That it be annulled was declined or taken back 否决或撤回提请.
        AnnulmentDeclined = "round_annulment_declined" {
            /// Why.
            reason: Sealed,
            /// Who had asked for it.
            proposed_by: ActorId,
            /// By whom.
            by: ActorId,
        },
        /// Was annulled; the branches' claims are released 作废.
        Annulled = "round_annulled" {
            /// The branches it covered.
            branches: Vec<BranchId>,
            /// Its period.
            period: Period,
            /// Why.
            reason: Sealed,
            /// Who asked for it.
            proposed_by: ActorId,
            /// Who approved it.
            by: ActorId,
        },
    }
}

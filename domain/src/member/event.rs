//! What has happened to a member 成员事件.

use jiff::civil::Date;

use super::kind::{Level, Outcome, Post};
use crate::amount::Amount;
use crate::event::events;
use crate::id::{
    ActorId, BadgeCheckId, BranchId, CommitmentId, ContactPointId, ContestId, HonourId, MemberId, PlaqueId, ResultId,
    RoundId, ServiceId, TalkId, TeamId, VisitId,
};
use crate::ledger::{Aggregation, Direction, Exactness};
use crate::period::Period;
use crate::talk::Cause;
use crate::text::{MetricCode, Sealed};

events! {
    /// What has happened to a member.
    pub enum MemberEvent {
        /// Entered the roster 登记.
        Registered = "member_registered" {
            /// The branch joined.
            branch: BranchId,
            /// Cadre or staff.
            post: Post,
            /// The first day.
            on: Date,
            /// The last day of probation 预备期, if on probation.
            probation_until: Option<Date>,
        },
        /// Came back after leaving 重新登记.
        Readmitted = "member_readmitted" {
            /// The branch joined.
            branch: BranchId,
            /// Cadre or staff.
            post: Post,
            /// The first day back.
            on: Date,
            /// The last day of probation 预备期, if on probation.
            probation_until: Option<Date>,
        },
        /// The person's record beside the log was amended; the log does not say how.
        PersonAmended = "member_person_amended" {
            /// Why, if it was said.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            reason: Option<Sealed>,
        },
        /// Took another post 任职.
        Appointed = "member_appointed" {
            /// The post held from then on.
            post: Post,
            /// The first day in it.
            on: Date,
        },
        /// Moved to another branch 转移.
        Transferred = "member_transferred" {
            /// The branch left.
            from: BranchId,
            /// The branch joined.
            to: BranchId,
            /// The first day there.
            on: Date,
            /// Why.
            reason: Sealed,
        },
        /// Became a formal member 转正.
        ProbationEnded = "member_probation_ended" {
            /// The first day as a formal member.
            on: Date,
        },
        /// Is off duty for a time 暂停.
        Suspended = "member_suspended" {
            /// The first day off duty.
            on: Date,
            /// Why.
            reason: Sealed,
        },
        /// Is on duty again 恢复.
        Reinstated = "member_reinstated" {
            /// The first day on duty.
            on: Date,
            /// Why.
            reason: Sealed,
        },
        /// Left the organisation 离开.
        Left = "member_left" {
            /// The branch left.
            branch: BranchId,
            /// The first day outside.
            on: Date,
            /// Why.
            reason: Sealed,
        },
        /// Was looked at: badge worn or not 亮身份.
        BadgeChecked = "member_badge_checked" {
            /// The check.
            check: BadgeCheckId,
            /// The day.
            on: Date,
            /// Where.
            place: Sealed,
            /// Whether the badge was worn.
            worn: bool,
        },
        /// Volunteered 志愿服务.
        ServiceRecorded = "member_service_recorded" {
            /// The service.
            service: ServiceId,
            /// The day.
            on: Date,
            /// What was done.
            activity: Sealed,
            /// For how long.
            minutes: u32,
        },
        /// Shows a service plaque 公示牌; name, post and contact are joined when it is shown.
        PlaquePublished = "member_plaque_published" {
            /// The plaque.
            plaque: PlaqueId,
            /// The day.
            on: Date,
            /// The duty as shown to the public.
            duty: Sealed,
        },
        /// The plaque was taken down.
        PlaqueWithdrawn = "member_plaque_withdrawn" {
            /// The plaque.
            plaque: PlaqueId,
            /// The day.
            on: Date,
            /// Why.
            reason: Sealed,
        },
        /// Made a public commitment 亮承诺.
        CommitmentMade = "member_commitment_made" {
            /// The commitment.
            commitment: CommitmentId,
            /// The day.
            on: Date,
            /// The last day to keep it.
            due: Date,
            /// What was promised.
            text: Sealed,
        },
        /// Showed evidence for a commitment 佐证.
        CommitmentEvidenced = "member_commitment_evidenced" {
            /// The commitment.
            commitment: CommitmentId,
            /// The day.
            on: Date,
            /// What was shown.
            evidence: Sealed,
        },
        /// The commitment was kept or missed 兑现.
        CommitmentSettled = "member_commitment_settled" {
            /// The commitment.
            commitment: CommitmentId,
            /// The day.
            on: Date,
            /// How it ended.
            outcome: Outcome,
            /// What was said about it.
            note: Option<Sealed>,
        },
        /// A plan or base was set 目标.
        TargetSet = "member_target_set" {
            /// In which metric.
            metric: MetricCode,
            /// Which way is better.
            #[serde(default, skip_serializing_if = "Direction::is_usual")]
            direction: Direction,
            /// For which period.
            period: Period,
            /// The plan.
            plan: Option<Amount>,
            /// The base of growth.
            base: Option<Amount>,
            /// The plan it replaces.
            plan_before: Option<Amount>,
            /// The base it replaces.
            base_before: Option<Amount>,
        },
        /// A result was reported 业绩.
        ResultReported = "member_result_reported" {
            /// The result.
            result: ResultId,
            /// In which metric.
            metric: MetricCode,
            /// How the metric adds up.
            aggregation: Aggregation,
            /// Which way is better.
            #[serde(default, skip_serializing_if = "Direction::is_usual")]
            direction: Direction,
            /// For which period.
            period: Period,
            /// The value in the metric's unit.
            value: Amount,
            /// Counted or a lower bound.
            exactness: Exactness,
        },
        /// A result was corrected 更正.
        ResultCorrected = "member_result_corrected" {
            /// The corrected result.
            result: ResultId,
            /// The result it corrects.
            corrects: ResultId,
            /// In which metric.
            metric: MetricCode,
            /// How the metric adds up.
            aggregation: Aggregation,
            /// Which way is better.
            #[serde(default, skip_serializing_if = "Direction::is_usual")]
            direction: Direction,
            /// For which period.
            period: Period,
            /// The value before.
            value_before: Amount,
            /// Its exactness before.
            exactness_before: Exactness,
            /// The right value.
            value: Amount,
            /// Its exactness.
            exactness: Exactness,
            /// Why.
            reason: Sealed,
        },
        /// A result was withdrawn 撤回: it was of another subject or period. The period is free for another one.
        ResultWithdrawn = "member_result_withdrawn" {
            /// The result.
            result: ResultId,
            /// In which metric.
            metric: MetricCode,
            /// How the metric adds up.
            aggregation: Aggregation,
            /// For which period.
            period: Period,
            /// The value before.
            value_before: Amount,
            /// Its exactness before.
            exactness_before: Exactness,
            /// Why.
            reason: Sealed,
        },
        /// Took a place in a skill contest 技能比武, alone or with a team.
        ContestPlaced = "member_contest_placed" {
            /// The contest.
            contest: ContestId,
            /// The day.
            on: Date,
            /// What it was.
            title: Sealed,
            /// Its level.
            level: Level,
            /// The place or prize class taken, 1 the best.
            place: u32,
            /// How many stood in the team; 1 for a single person.
            team_size: u32,
            /// The team, the same for all its members; none for a single person, nor in early events.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            team: Option<TeamId>,
        },
        /// Is one of the pair of a contact point 联系点, whichever branch keeps it.
        ContactPointTaken = "member_contact_point_taken" {
            /// The contact point.
            contact_point: ContactPointId,
            /// The first day.
            from: Date,
        },
        /// Visited a contact point 走访.
        ContactPointVisited = "member_contact_point_visited" {
            /// The contact point.
            contact_point: ContactPointId,
            /// The visit.
            visit: VisitId,
            /// The day.
            on: Date,
        },
        /// Is no longer one of the pair of a contact point: it ended.
        ContactPointGivenUp = "member_contact_point_given_up" {
            /// The contact point.
            contact_point: ContactPointId,
            /// The first day without it.
            on: Date,
        },
        /// Was granted an honour 荣誉.
        HonourGranted = "member_honour_granted" {
            /// The honour.
            honour: HonourId,
            /// The day.
            on: Date,
            /// Its title.
            title: Sealed,
            /// Its level.
            level: Level,
            /// Who granted it.
            body: Sealed,
        },
        /// Was in the last part of those ranked in a final round.
        PlacedLast = "member_placed_last" {
            /// The round.
            round: RoundId,
            /// Its quarter.
            period: Period,
        },
        /// A reminder talk with the member was proposed 提醒谈话.
        TalkProposed = "member_talk_proposed" {
            /// The talk.
            talk: TalkId,
            /// Why.
            cause: Cause,
            /// The round it follows from.
            round: Option<RoundId>,
            /// What was said.
            reason: Option<Sealed>,
            /// By whom; by nobody where a rule did.
            by: Option<ActorId>,
        },
        /// It was approved.
        #[expect(missing_docs, reason = "which talk, by whom")]
        TalkApproved = "member_talk_approved" { talk: TalkId, by: ActorId },
        /// It was declined.
        TalkDeclined = "member_talk_declined" {
            /// The talk.
            talk: TalkId,
            /// Why.
            reason: Sealed,
            /// By whom.
            by: ActorId,
        },
        /// It was held 谈话.
        TalkHeld = "member_talk_held" {
            /// The talk.
            talk: TalkId,
            /// The day.
            on: Date,
            /// Who held it.
            by: MemberId,
            /// What was said and agreed.
            record: Sealed,
            /// The day of the follow-up.
            follow_up_on: Date,
        },
        /// The day of the follow-up came 回访提醒.
        #[expect(missing_docs, reason = "which talk, which day")]
        TalkFollowUpCalled = "member_talk_follow_up_called" { talk: TalkId, due: Date },
        /// It was followed up 回访.
        TalkFollowedUp = "member_talk_followed_up" {
            /// The talk.
            talk: TalkId,
            /// The day.
            on: Date,
            /// What was found.
            note: Sealed,
        },
        /// It was closed 办结.
        #[expect(missing_docs, reason = "which talk, which day")]
        TalkClosed = "member_talk_closed" { talk: TalkId, on: Date },
        /// Turned out to be another registration of somebody 重复登记: as if it had never been on the roster.
        Merged = "member_merged" {
            /// Under which registration the person goes on.
            into: MemberId,
            /// The branch that counted it on its roster, if one did.
            branch: Option<BranchId>,
            /// The day it was found out.
            on: Date,
            /// Why.
            reason: Sealed,
        },
        /// Another registration of the same person was merged into this one 合并登记.
        Absorbed = "member_absorbed" {
            /// The other one.
            from: MemberId,
            /// The day it was found out.
            on: Date,
        },
        /// An account acts as the member from now on 关联账号.
        AccountLinked = "member_account_linked" {
            /// The principal that signs in.
            account: ActorId,
        },
        /// It no longer does 解除关联.
        AccountUnlinked = "member_account_unlinked" {
            /// The principal.
            account: ActorId,
        },
    }
}

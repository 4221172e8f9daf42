//! What has happened to a branch 组织事件.

use super::kind::{
    BranchKind, Competitors, HandedContactPoint, HandedOutlet, OutletKind, RankedBy, SixS, StandardKind,
};
use crate::amount::Amount;
use crate::event::events;
use crate::grant::Role;
use crate::id::{
    ActorId, BranchId, CompetitionId, ContactPointId, GrantId, ImprovementId, InspectionId, MemberId, OutletId,
    ResultId, RoundId, StandardId, TalkId, ThemeDayId, TrainingId, VisitId,
};
use crate::ledger::{Aggregation, Direction, Exactness, Metric};
use crate::period::Period;
use crate::round::Rules;
use crate::talk::Cause;
use crate::text::{MetricCode, Sealed, Title};
use jiff::civil::Date;

events! {
    /// What has happened to a branch.
    pub enum BranchEvent {
        /// Was founded 成立.
        Established = "branch_established" {
            /// Its kind.
            kind: BranchKind,
            /// The branch above; none for the top committee.
            parent: Option<BranchId>,
            /// Its name.
            name: Title,
            /// The first day.
            on: Date,
        },
        /// Took another name 更名.
        Renamed = "branch_renamed" {
            /// The name before.
            name_before: Title,
            /// The name.
            name: Title,
            /// The first day under it.
            on: Date,
        },
        /// Went under another branch 隶属变更.
        Moved = "branch_moved" {
            /// The branch above before.
            from: BranchId,
            /// The branch above.
            to: BranchId,
            /// The first day there.
            on: Date,
            /// Why.
            reason: Sealed,
        },
        /// Was merged into another 合并; its members, outlets and contact points go there.
        Merged = "branch_merged" {
            /// The branch that takes over.
            into: BranchId,
            /// The first day.
            on: Date,
            /// Why.
            reason: Sealed,
        },
        /// Took another branch over.
        Absorbed = "branch_absorbed" {
            /// The branch that ends.
            from: BranchId,
            /// The first day.
            on: Date,
            /// The members taken over.
            members: Vec<MemberId>,
            /// The standing outlets taken over.
            outlets: Vec<HandedOutlet>,
            /// The standing contact points taken over.
            contact_points: Vec<HandedContactPoint>,
        },
        /// Ended 撤销.
        Closed = "branch_closed" {
            /// The first day without it.
            on: Date,
            /// Why.
            reason: Sealed,
        },
        /// A branch came under this one.
        SubordinateJoined = "branch_subordinate_joined" {
            /// That branch.
            branch: BranchId,
            /// The first day under this one; missing in what was recorded before it was told.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            on: Option<Date>,
        },
        /// A branch is no longer under this one.
        SubordinateDeparted = "branch_subordinate_departed" {
            /// That branch.
            branch: BranchId,
            /// The first day no longer under this one; missing in what was recorded before it was told.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            on: Option<Date>,
        },
        /// A member came onto the roster.
        MemberJoined = "branch_member_joined" {
            /// The member.
            member: MemberId,
            /// The first day.
            on: Date,
        },
        /// A member went off the roster.
        MemberDeparted = "branch_member_departed" {
            /// The member.
            member: MemberId,
            /// The first day without.
            on: Date,
        },
        /// Opened an outlet.
        OutletOpened = "branch_outlet_opened" {
            /// The outlet.
            outlet: OutletId,
            /// Its kind.
            kind: OutletKind,
            /// Its name.
            name: Title,
            /// The first day.
            on: Date,
        },
        /// Closed an outlet.
        OutletClosed = "branch_outlet_closed" {
            /// The outlet.
            outlet: OutletId,
            /// Its kind.
            kind: OutletKind,
            /// The first day without it.
            on: Date,
            /// Why.
            reason: Sealed,
        },
        /// Put a standard up on the wall of an outlet 亮标准.
        StandardDisplayed = "branch_standard_displayed" {
            /// The standard.
            standard: StandardId,
            /// Where.
            outlet: OutletId,
            /// Its kind.
            kind: StandardKind,
            /// Its title.
            title: Sealed,
            /// The day.
            on: Date,
        },
        /// Inspected an outlet by 6S.
        OutletInspected = "branch_outlet_inspected" {
            /// The inspection.
            inspection: InspectionId,
            /// The outlet.
            outlet: OutletId,
            /// The day.
            on: Date,
            /// The results.
            results: SixS,
            /// What was remarked.
            remarks: Option<Sealed>,
        },
        /// Linked two cadres with one financial outlet and one delivery station 联系点.
        ContactPointAssigned = "branch_contact_point_assigned" {
            /// The contact point.
            contact_point: ContactPointId,
            /// The pair of cadres.
            cadres: [MemberId; 2],
            /// The financial outlet.
            outlet: OutletId,
            /// The delivery station.
            station: OutletId,
            /// The first day.
            from: Date,
            /// The last day, if agreed.
            until: Option<Date>,
            /// Who held the outlet and the station; missing in what was recorded before they learned of it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            holders: Option<[BranchId; 2]>,
        },
        /// A cadre visited the contact point 走访.
        ContactPointVisited = "branch_contact_point_visited" {
            /// The visit.
            visit: VisitId,
            /// The contact point.
            contact_point: ContactPointId,
            /// Which of the pair.
            by: MemberId,
            /// The outlet or the station.
            outlet: OutletId,
            /// The day.
            on: Date,
            /// What was found.
            note: Sealed,
        },
        /// The contact point ended.
        ContactPointEnded = "branch_contact_point_ended" {
            /// The contact point.
            contact_point: ContactPointId,
            /// The first day without it.
            on: Date,
            /// Why.
            reason: Sealed,
            /// The pair of cadres; this and the next two are missing in what was recorded before ends named them.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            cadres: Option<[MemberId; 2]>,
            /// The financial outlet.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            outlet: Option<OutletId>,
            /// The delivery station.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            station: Option<OutletId>,
        },
        /// An outlet held here belongs to a contact point, whichever branch keeps that.
        OutletLinked = "branch_outlet_linked" {
            /// The outlet.
            outlet: OutletId,
            /// The contact point.
            contact_point: ContactPointId,
            /// The first day of it here.
            from: Date,
        },
        /// An outlet held here no longer belongs to a contact point.
        OutletReleased = "branch_outlet_released" {
            /// The outlet.
            outlet: OutletId,
            /// The contact point.
            contact_point: ContactPointId,
            /// The first day without it.
            on: Date,
        },
        /// Adopted rules of evaluation for the organisation 评议规则; only the top committee does.
        RulesAdopted = "branch_rules_adopted" {
            /// Which version: 1, 2, 3 …
            version: u32,
            /// The rules.
            rules: Rules,
        },
        /// A round covers this branch in that period.
        #[expect(missing_docs, reason = "said above")]
        PeriodClaimed = "branch_period_claimed" { round: RoundId, period: Period },
        /// The round that covered this branch in that period was annulled.
        #[expect(missing_docs, reason = "said above")]
        PeriodReleased = "branch_period_released" { round: RoundId, period: Period },
        /// A reminder talk with the branch was proposed 提醒谈话; fields of talks are as of a member.
        #[expect(missing_docs, reason = "as in the member's event")]
        TalkProposed = "branch_talk_proposed" {
            talk: TalkId, cause: Cause, round: Option<RoundId>, reason: Option<Sealed>, by: Option<ActorId>,
        },
        /// It was approved.
        #[expect(missing_docs, reason = "as in the member's event")]
        TalkApproved = "branch_talk_approved" { talk: TalkId, by: ActorId },
        /// It was declined.
        #[expect(missing_docs, reason = "as in the member's event")]
        TalkDeclined = "branch_talk_declined" { talk: TalkId, reason: Sealed, by: ActorId },
        /// It was held 谈话, with those who came for the branch, each a person-time.
        #[expect(missing_docs, reason = "as in the member's event")]
        TalkHeld = "branch_talk_held" {
            talk: TalkId, on: Date, by: MemberId, attendees: Vec<MemberId>, record: Sealed, follow_up_on: Date,
        },
        /// The day of the follow-up came 回访提醒.
        #[expect(missing_docs, reason = "as in the member's event")]
        TalkFollowUpCalled = "branch_talk_follow_up_called" { talk: TalkId, due: Date },
        /// It was followed up 回访.
        #[expect(missing_docs, reason = "as in the member's event")]
        TalkFollowedUp = "branch_talk_followed_up" { talk: TalkId, on: Date, note: Sealed },
        /// It was closed 办结.
        #[expect(missing_docs, reason = "as in the member's event")]
        TalkClosed = "branch_talk_closed" { talk: TalkId, on: Date },
        /// Somebody was granted a role in this branch's subtree 授权, without end unless a last day is named.
        #[expect(missing_docs, reason = "said above")]
        RoleGranted = "branch_role_granted" { grant: GrantId, to: ActorId, role: Role, from: Date, until: Option<Date> },
        /// It was withdrawn 撤销授权.
        #[expect(missing_docs, reason = "which grant, and why")]
        RoleWithdrawn = "branch_role_withdrawn" { grant: GrantId, reason: Sealed },
        /// Defined a metric for the organisation 指标; only the top committee does.
        MetricDefined = "branch_metric_defined" {
            /// The metric.
            metric: Metric,
        },
        /// A plan or base was set 计划; fields of plans and results are as of a member.
        #[expect(missing_docs, reason = "as in the member's event")]
        TargetSet = "branch_target_set" {
            metric: MetricCode,
            #[serde(default, skip_serializing_if = "Direction::is_usual")]
            direction: Direction,
            period: Period,
            plan: Option<Amount>, base: Option<Amount>, plan_before: Option<Amount>, base_before: Option<Amount>,
        },
        /// A result was reported 业绩.
        #[expect(missing_docs, reason = "as in the member's event")]
        ResultReported = "branch_result_reported" {
            result: ResultId, metric: MetricCode, aggregation: Aggregation,
            #[serde(default, skip_serializing_if = "Direction::is_usual")]
            direction: Direction,
            period: Period, value: Amount, exactness: Exactness,
        },
        /// A result was corrected 更正.
        #[expect(missing_docs, reason = "as in the member's event")]
        ResultCorrected = "branch_result_corrected" {
            result: ResultId, corrects: ResultId, metric: MetricCode, aggregation: Aggregation,
            #[serde(default, skip_serializing_if = "Direction::is_usual")]
            direction: Direction,
            period: Period, value_before: Amount, exactness_before: Exactness, value: Amount, exactness: Exactness,
            reason: Sealed,
        },
        /// A result was withdrawn 撤回: it was of another subject or period. The period is free for another one.
        #[expect(missing_docs, reason = "as in the member's event")]
        ResultWithdrawn = "branch_result_withdrawn" {
            result: ResultId, metric: MetricCode, aggregation: Aggregation, period: Period,
            value_before: Amount, exactness_before: Exactness, reason: Sealed,
        },
        /// Announced a competition 竞赛.
        CompetitionAnnounced = "branch_competition_announced" {
            /// The competition.
            competition: CompetitionId,
            /// Its title.
            title: Title,
            /// What is compared.
            metric: MetricCode,
            /// The whole time it runs.
            period: Period,
            /// Who competes.
            competitors: Competitors,
            /// By what they are ranked.
            ranked_by: RankedBy,
        },
        /// Concluded a competition: its boards stay as they stand at this position.
        CompetitionConcluded = "branch_competition_concluded" {
            /// The competition.
            competition: CompetitionId,
        },
        /// Held a training session 培训.
        TrainingHeld = "branch_training_held" {
            /// The session.
            training: TrainingId,
            /// The day.
            on: Date,
            /// What it was about.
            topic: Sealed,
            /// How long it was.
            minutes: u32,
            /// Who attended, each once.
            attendees: Vec<MemberId>,
        },
        /// Corrected the attendance of a session.
        AttendanceCorrected = "branch_attendance_corrected" {
            /// The session.
            training: TrainingId,
            /// The session's day.
            held_on: Date,
            /// The session's length.
            minutes: u32,
            /// Who attended too.
            added: Vec<MemberId>,
            /// Who did not attend.
            removed: Vec<MemberId>,
            /// Why.
            reason: Sealed,
        },
        /// Held a theme day 主题党日.
        ThemeDayHeld = "branch_theme_day_held" {
            /// The theme day.
            theme_day: ThemeDayId,
            /// The day.
            on: Date,
            /// What it was about.
            topic: Sealed,
            /// Who took part, each once.
            attendees: Vec<MemberId>,
        },
        /// Reported a service improvement 比作风.
        ImprovementReported = "branch_improvement_reported" {
            /// The improvement.
            improvement: ImprovementId,
            /// The day.
            on: Date,
            /// What was improved.
            what: Sealed,
            /// What shows it.
            evidence: Sealed,
            /// What it brought.
            effect: Sealed,
            /// Who reported it.
            by: ActorId,
        },
        /// An improvement was confirmed by someone else 确认.
        ImprovementConfirmed = "branch_improvement_confirmed" {
            /// The improvement.
            improvement: ImprovementId,
            /// The day.
            on: Date,
            /// What was said about it.
            note: Option<Sealed>,
            /// Who confirmed it.
            by: ActorId,
        },
    }
}

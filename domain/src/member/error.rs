//! How a member refuses.

use jiff::civil::Date;

use crate::id::{
    BadgeCheckId, BranchId, CommitmentId, ContactPointId, ContestId, HonourId, MemberId, PlaqueId, ServiceId,
};
use crate::refusal::refusals;

refusals! {
    /// Why a command to a member is refused.
    pub enum MemberRefusal {
        /// No such member.
        Unknown { member: MemberId } = "member.unknown",
            "there is no member {member}; register the member first", "没有成员 {member},请先登记";
        /// The id is in use.
        AlreadyRegistered { member: MemberId } = "member.already_registered",
            "the member {member} is already registered; use a new id for another person",
            "成员 {member} 已登记;登记他人请使用新的编号";
        /// Only who left comes back.
        NotLeft { member: MemberId, branch: BranchId } = "member.not_left",
            "the member {member} is on the roster of {branch}; transfer the member to change the branch",
            "成员 {member} 现为组织 {branch} 的在册成员,如需变更组织请办理转移";
        /// The member is no longer on the roster.
        Left { member: MemberId, on: Date } = "member.left",
            "the member {member} left on {on}; give an earlier day for what was done or granted before, the roster stays as it is",
            "成员 {member} 已于 {on} 离开;补录离开前的业绩、活动和荣誉请填更早的日期,名册不再变更";
        /// It was another registration of somebody.
        Merged { member: MemberId, into: MemberId } = "member.merged",
            "the registration {member} was merged into {into}; name that one", "登记 {member} 已合并至 {into},请使用后者";
        /// A registration cannot go on under itself.
        MergedIntoItself { member: MemberId } = "member.merged_into_itself",
            "{member} cannot be merged into itself; name the registration under which the person goes on",
            "登记 {member} 不能合并至自身,请指定保留的登记";
        /// A date before the member's first day.
        BeforeRegistration { member: MemberId, on: Date, registered: Date } = "member.before_registration",
            "{on} is before the first day of the member {member}; give {registered} or a later day",
            "{on} 早于成员 {member} 的登记日期,请填 {registered} 或之后的日期";
        /// A change dated before the last one of its kind.
        BeforeLastChange { member: MemberId, on: Date, last: Date } = "member.before_last_change",
            "{on} is before the last such change of the member {member}; give {last} or a later day",
            "{on} 早于成员 {member} 上一次变更,请填 {last} 或之后的日期";
        /// A day off the roster or off duty, after which something is recorded that takes the roster or duty.
        ActiveLater { member: MemberId, on: Date, latest: Date } = "member.active_later",
            "the member {member} has an entry of {latest}, which {on} would come before; give {latest} or a later day",
            "成员 {member} 已有 {latest} 的记录,此项日期 {on} 在其之前;请填 {latest} 或之后的日期";
        /// One of the pair of a standing contact point cannot leave.
        InContactPoint { member: MemberId, contact_point: ContactPointId } = "member.in_contact_point",
            "the member {member} is one of the pair of the contact point {contact_point}; end that first, then assign another",
            "成员 {member} 是联系点 {contact_point} 的干部,请先结束该联系点并另行确定";
        /// A transfer to where the member is.
        SameBranch { member: MemberId, branch: BranchId } = "member.same_branch",
            "the member {member} is in the branch {branch} already; name another branch",
            "成员 {member} 已在组织 {branch},请指定其他组织";
        /// The member is formal already.
        NotOnProbation { member: MemberId } = "member.not_on_probation",
            "the member {member} is not on probation; there is no probation to end",
            "成员 {member} 不在预备期,无需转正";
        /// Off duty at present, and on the day.
        Suspended { member: MemberId, on: Date, since: Date } = "member.suspended",
            "the member {member} is suspended since {since} and off duty on {on}; reinstate first, or give an earlier day",
            "成员 {member} 自 {since} 起暂停,{on} 不在岗,请先恢复,或填写此前的日期";
        /// Off duty on the day, and left without coming back on duty.
        SuspendedTillLeaving { member: MemberId, on: Date, since: Date } = "member.suspended_till_leaving",
            "the member {member} was suspended on {since} and left while suspended, so was off duty on {on}; give an earlier day",
            "成员 {member} 自 {since} 起暂停直至离开,{on} 不在岗,请填写暂停之前的日期";
        /// Off duty on the day, and back since.
        OffDuty { member: MemberId, on: Date, back: Date } = "member.off_duty",
            "the member {member} was suspended on {on} and back on {back}; give a day on duty",
            "成员 {member} 在 {on} 处于暂停期,{back} 恢复,请填写在岗的日期";
        /// A second suspension.
        AlreadySuspended { member: MemberId, since: Date } = "member.already_suspended",
            "the member {member} is suspended since {since} already; reinstate first to suspend anew",
            "成员 {member} 自 {since} 起已暂停;如需重新暂停,请先恢复";
        /// A reinstatement without a suspension.
        NotSuspended { member: MemberId } = "member.not_suspended",
            "the member {member} is on duty; only a suspended member can be reinstated",
            "成员 {member} 在岗,只有已暂停的成员才能恢复";
        /// An id that is in use.
        BadgeCheckIdInUse { check: BadgeCheckId } = "badge_check.id_in_use",
            "the badge check {check} is recorded already; use a new id", "佩戴检查 {check} 已记录,请使用新的编号";
        /// An id that is in use.
        ServiceIdInUse { service: ServiceId } = "service.id_in_use",
            "the service {service} is recorded already; use a new id", "志愿服务 {service} 已记录,请使用新的编号";
        /// No time at all, or more than a day.
        ServiceMinutes { minutes: u32 } = "service.minutes",
            "a service of {minutes} minutes is not possible; give 1 to 1440 and record each day by itself",
            "志愿服务时长 {minutes} 分钟不合理,请填 1 至 1440,并按日分别记录";
        /// An id that is in use.
        PlaqueIdInUse { plaque: PlaqueId } = "plaque.id_in_use",
            "the plaque {plaque} was published before; use a new id", "公示牌 {plaque} 曾发布,请使用新的编号";
        /// A second plaque.
        PlaqueStanding { plaque: PlaqueId } = "plaque.standing",
            "the plaque {plaque} is still shown; withdraw it first", "公示牌 {plaque} 仍在公示,请先撤下";
        /// There is no such plaque here.
        PlaqueUnknown { plaque: PlaqueId } = "plaque.unknown",
            "this member has no plaque {plaque}; name the one that is shown",
            "该成员没有公示牌 {plaque},请指定正在公示的公示牌";
        /// The plaque is not shown any more.
        PlaqueWithdrawn { plaque: PlaqueId } = "plaque.withdrawn",
            "the plaque {plaque} was withdrawn before; nothing is left to do", "公示牌 {plaque} 已撤下,无需再次撤下";
        /// An id that is in use.
        CommitmentIdInUse { commitment: CommitmentId } = "commitment.id_in_use",
            "the commitment {commitment} was made before; use a new id", "承诺 {commitment} 已存在,请使用新的编号";
        /// There is no such commitment here.
        CommitmentUnknown { commitment: CommitmentId } = "commitment.unknown",
            "this member made no commitment {commitment}; make it first", "该成员没有承诺 {commitment},请先作出承诺";
        /// The commitment was settled.
        CommitmentSettled { commitment: CommitmentId, on: Date } = "commitment.settled",
            "the commitment {commitment} was settled on {on}; make a new one instead",
            "承诺 {commitment} 已于 {on} 办结,请另作承诺";
        /// Said to be kept, and nothing shows it.
        CommitmentWithoutEvidence { commitment: CommitmentId } = "commitment.without_evidence",
            "nothing shows that the commitment {commitment} was kept; add evidence first",
            "承诺 {commitment} 尚无佐证,请先补充佐证";
        /// Said to be missed while there is time.
        CommitmentNotYetDue { commitment: CommitmentId, due: Date } = "commitment.not_yet_due",
            "the commitment {commitment} can be kept until {due}; it is missed on a later day",
            "承诺 {commitment} 的期限为 {due},认定未兑现的日期须在其后";
        /// The member has a place in this contest.
        AlreadyPlaced { member: MemberId, contest: ContestId } = "contest.already_placed",
            "the member {member} has a place in the contest {contest} already; a member takes one place in a contest",
            "成员 {member} 在比武 {contest} 中已有名次,每人每场只有一个名次";
        /// Not a place.
        PlaceOutOfRange { place: u32 } = "contest.place_out_of_range",
            "{place} is not a place; give 1 to 1000, 1 the best", "{place} 不是有效名次,请填 1 至 1000,1 为最高";
        /// More than a team.
        TeamTooLarge { given: usize, most: usize } = "contest.team_too_large",
            "a team of {given} is too large; record at most {most} in one team", "队伍有 {given} 人,每队最多 {most} 人";
        /// A member named twice in one team, oneself included.
        TeamMateTwice { member: MemberId } = "contest.team_mate_twice",
            "the member {member} is named twice in the team; name each team mate once, and not the member asked about",
            "成员 {member} 在队伍中重复,请每名队友只列一次,且不含本人";
        /// An id that is in use.
        HonourIdInUse { honour: HonourId } = "honour.id_in_use",
            "the honour {honour} is recorded already; use a new id", "荣誉 {honour} 已记录,请使用新的编号";
    }
}

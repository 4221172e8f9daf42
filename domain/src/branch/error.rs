//! How a branch refuses.

use jiff::civil::Date;
use uuid::Uuid;

use crate::id::{BranchId, CompetitionId, ContactPointId, ImprovementId, MemberId, OutletId, TrainingId};
use crate::period::{Grain, Period};
use crate::refusal::refusals;
use crate::text::MetricCode;

refusals! {
    /// Why a command to a branch is refused.
    pub enum BranchRefusal {
        /// No such branch.
        Unknown { branch: BranchId } = "branch.unknown",
            "there is no branch {branch}; check the id, or establish the branch first",
            "没有组织 {branch},请核对编号或先成立该组织";
        /// The branch ended.
        Closed { branch: BranchId, on: Date } = "branch.closed",
            "the branch {branch} was closed on {on}; name a branch that stands",
            "组织 {branch} 已于 {on} 撤销,请改用现存的组织";
        /// The branch went into another.
        Merged { branch: BranchId, into: BranchId } = "branch.merged",
            "the branch {branch} was merged into {into}; use that one",
            "组织 {branch} 已并入 {into},请改用后者";
        /// The id is in use, perhaps by a branch that ended.
        AlreadyEstablished { branch: BranchId } = "branch.already_established",
            "the branch {branch} was established before; a new branch takes a new id",
            "组织 {branch} 已成立过,新组织请用新编号";
        /// Only the top committee has none above.
        NeedsParent { branch: BranchId } = "branch.needs_parent",
            "the branch {branch} names no branch above it; only the top committee has none",
            "组织 {branch} 没有指明上级;只有最高党委没有上级";
        /// The top committee is under nobody.
        RootUnderAnother { parent: BranchId } = "branch.root_under_another",
            "the top committee cannot stand under {parent}; establish it without a branch above",
            "最高党委不能隶属于 {parent},成立时请勿填写上级";
        /// The top committee stays where it is for as long as the organisation lasts.
        RootStays { branch: BranchId } = "branch.root_stays",
            "the top committee {branch} cannot be moved, merged or closed; it may be renamed",
            "最高党委 {branch} 不能变更隶属、合并或撤销,可以更名";
        /// The tree would have a ring.
        UnderItself { branch: BranchId, to: BranchId } = "branch.under_itself",
            "{to} is {branch} itself or stands under it; move {branch} under a branch outside its own subtree",
            "{to} 就是 {branch} 或在其之下,请选择其下属范围以外的组织";
        /// A merger of one.
        IntoItself { branch: BranchId } = "branch.into_itself",
            "the branch {branch} cannot be merged into itself; name another branch",
            "组织 {branch} 不能并入自身,请选择另一个组织";
        /// A date before the first day of the branch.
        BeforeEstablished { branch: BranchId, on: Date, established: Date } = "branch.before_established",
            "the branch {branch} was established on {established}; {on} is before that",
            "组织 {branch} 于 {established} 成立,{on} 在此之前";
        /// A change dated before what is recorded already.
        ActiveLater { branch: BranchId, on: Date, latest: Date } = "branch.active_later",
            "the branch {branch} has an entry of {latest}, which this would come before on {on}; give {latest} or later",
            "组织 {branch} 已有 {latest} 的记录,此项日期 {on} 在其之前;请填 {latest} 或以后";
        /// Rules of evaluation are the organisation's.
        RulesAtRoot { branch: BranchId } = "branch.rules_at_root",
            "rules of evaluation are adopted by the top committee, not by {branch}", "评议规则由最高党委发布,{branch} 不能发布";
        /// Branches stand under it.
        HasSubordinates { branch: BranchId, count: usize, first: BranchId } = "branch.has_subordinates",
            "{count} branches stand under {branch}, {first} among them; move, merge or close them first",
            "{branch} 之下还有 {count} 个组织,其中有 {first};请先移转、合并或撤销";
        /// Members are on its roster.
        HasMembers { branch: BranchId, count: usize } = "branch.has_members",
            "the branch {branch} has {count} members; transfer them first, or merge the branch",
            "组织 {branch} 还有 {count} 名成员,请先转出成员或改用合并";
        /// Its outlets stand.
        HasOutlets { branch: BranchId, count: usize } = "branch.has_outlets",
            "the branch {branch} has {count} standing outlets; close them first, or merge the branch",
            "组织 {branch} 还有 {count} 个在营网点,请先关闭网点或改用合并";
        /// Its contact points stand.
        HasContactPoints { branch: BranchId, count: usize } = "branch.has_contact_points",
            "the branch {branch} has {count} standing contact points; end them first, or merge the branch",
            "组织 {branch} 还有 {count} 个联系点,请先结束联系点或改用合并";
        /// An id that is in use.
        IdInUse { branch: BranchId, id: Uuid } = "branch.id_in_use",
            "the id {id} is in use at the branch {branch}; take a new one",
            "编号 {id} 在组织 {branch} 已被使用,请换新编号";
        /// Both branches of a merger know an id.
        HandedIdInUse { into: BranchId, id: Uuid } = "branch.handed_id_in_use",
            "{into} knows another outlet or contact point as {id}; close or end that of the branch that ends first",
            "{into} 已有编号为 {id} 的网点或联系点,请先在被合并组织关闭或结束该项";

        /// No such outlet at that branch.
        UnknownOutlet { branch: BranchId, outlet: OutletId } = "branch.unknown_outlet",
            "the branch {branch} holds no outlet {outlet}; open it first, or name the branch that holds it",
            "组织 {branch} 没有网点 {outlet},请先开设或指明所属组织";
        /// The outlet was closed.
        OutletClosed { outlet: OutletId, on: Date } = "branch.outlet_closed",
            "the outlet {outlet} was closed on {on}; name an outlet that stands",
            "网点 {outlet} 已于 {on} 关闭,请选择在营网点";
        /// A date before the first day of the outlet.
        OutletNotYetOpen { outlet: OutletId, on: Date, opened: Date } = "branch.outlet_not_yet_open",
            "the outlet {outlet} was opened on {opened}; {on} is before that",
            "网点 {outlet} 于 {opened} 开设,{on} 在此之前";
        /// A closing dated before what is recorded already.
        OutletActiveLater { outlet: OutletId, on: Date, latest: Date } = "branch.outlet_active_later",
            "the outlet {outlet} has an entry of {latest}; it cannot be closed on {on}, give {latest} or later",
            "网点 {outlet} 已有 {latest} 的记录,不能于 {on} 关闭;请填 {latest} 或以后";
        /// A contact point is linked with the outlet.
        OutletLinked { outlet: OutletId, contact_point: ContactPointId } = "branch.outlet_linked",
            "the outlet {outlet} belongs to the contact point {contact_point}; end that first",
            "网点 {outlet} 属于联系点 {contact_point},请先结束该联系点";

        /// Not a pair of cadres.
        ContactPointNeedsTwoCadres { given: usize } = "branch.contact_point_needs_two_cadres",
            "a contact point takes exactly two different cadres; {given} were given",
            "联系点须由两名不同的干部组成,现有 {given} 名";
        /// Not one financial outlet and one delivery station.
        ContactPointNeedsOneOfEach { financial: usize, delivery: usize } = "branch.contact_point_needs_one_of_each",
            "a contact point takes exactly one financial outlet and one delivery station; {financial} and {delivery} were given",
            "联系点须有一个金融网点和一个揽投部,现有金融网点 {financial} 个、揽投部 {delivery} 个";
        /// No such contact point.
        UnknownContactPoint { branch: BranchId, contact_point: ContactPointId } = "branch.unknown_contact_point",
            "the branch {branch} has no contact point {contact_point}; assign it first",
            "组织 {branch} 没有联系点 {contact_point},请先确定联系点";
        /// The contact point ended.
        ContactPointEnded { contact_point: ContactPointId, on: Date } = "branch.contact_point_ended",
            "the contact point {contact_point} ended on {on}; assign a new one",
            "联系点 {contact_point} 已于 {on} 结束,请另行确定";
        /// A date before its first day.
        ContactPointNotYetBegun {
            contact_point: ContactPointId, on: Date, from: Date,
        } = "branch.contact_point_not_yet_begun",
            "the contact point {contact_point} begins on {from}; {on} is before that",
            "联系点 {contact_point} 自 {from} 开始,{on} 在此之前";
        /// A date after its last day.
        ContactPointOver { contact_point: ContactPointId, on: Date, until: Date } = "branch.contact_point_over",
            "the contact point {contact_point} was agreed until {until}; {on} is after that, assign a new one",
            "联系点 {contact_point} 期限至 {until},{on} 已超期,请另行确定";
        /// An end dated before what is recorded already.
        ContactPointActiveLater {
            contact_point: ContactPointId, on: Date, latest: Date,
        } = "branch.contact_point_active_later",
            "the contact point {contact_point} has an entry of {latest}; it cannot end on {on}, give {latest} or later",
            "联系点 {contact_point} 已有 {latest} 的记录,不能于 {on} 结束;请填 {latest} 或以后";
        /// The visitor is neither of the pair.
        NotOfThePair { contact_point: ContactPointId, member: MemberId } = "branch.not_of_the_pair",
            "{member} is not of the pair of the contact point {contact_point}; name one of its two cadres",
            "{member} 不是联系点 {contact_point} 的干部,请填其两名干部之一";
        /// The visit was elsewhere.
        NotItsOutlet { contact_point: ContactPointId, outlet: OutletId } = "branch.not_its_outlet",
            "{outlet} is neither the outlet nor the station of the contact point {contact_point}; name one of the two",
            "{outlet} 不是联系点 {contact_point} 的网点或揽投部,请填其中之一";
        /// The visitor was not there yet, or no longer.
        VisitorNotOnRoster { member: MemberId, on: Date } = "branch.visitor_not_on_roster",
            "{member} was not on the roster on {on}; check the day and the visitor",
            "{member} 于 {on} 不在册,请核对日期和走访人";

        /// Metrics are the organisation's.
        MetricsAtRoot { branch: BranchId } = "branch.metrics_at_root",
            "{branch} cannot define a metric; the top committee defines them for everybody",
            "{branch} 不能定义指标,指标由最高党委统一定义";
        /// No such competition.
        UnknownCompetition { branch: BranchId, competition: CompetitionId } = "branch.unknown_competition",
            "the branch {branch} announced no competition {competition}; announce it first",
            "组织 {branch} 没有竞赛 {competition},请先公布";
        /// It was concluded.
        CompetitionConcluded { competition: CompetitionId } = "branch.competition_concluded",
            "the competition {competition} is concluded; its boards stay as they stand",
            "竞赛 {competition} 已结束,榜单不再变动";
        /// Shorter than one result of its metric.
        CompetitionTooShort { metric: MetricCode, grain: Grain, period: Period } = "branch.competition_too_short",
            "{metric} is reported by {grain}; a competition in it runs for a {grain} or longer, {period} is shorter",
            "指标 {metric} 按{grain:#}报告,竞赛期间不能更短,{period} 过短";

        /// Not a length of a session.
        TrainingMinutes { given: u32, most: u32 } = "branch.training_minutes",
            "{given} minutes is not a length of a session; give whole minutes from 1 to {most}",
            "培训时长 {given} 分钟无效,请填 1 至 {most} 的整数分钟";
        /// Nobody came.
        NoAttendees {} = "branch.no_attendees",
            "nobody would be named as attending; name or keep at least one member",
            "没有参加人员,请至少填写或保留一名成员";
        /// More than one session holds.
        TooManyAttendees { given: usize, most: usize } = "branch.too_many_attendees",
            "{given} members attended; one session holds at most {most}, record several",
            "参加人员 {given} 名,每场最多 {most} 名,请分场登记";
        /// Somebody is named twice.
        AttendeeTwice { member: MemberId } = "branch.attendee_twice",
            "{member} is named twice; name each member once", "{member} 重复出现,每名成员只填一次";
        /// Not there yet, or no longer.
        AttendeeNotOnRoster { member: MemberId, on: Date } = "branch.attendee_not_on_roster",
            "{member} was not on the roster on {on}; check the day, or leave them out",
            "{member} 于 {on} 不在册,请核对日期或移除该成员";
        /// No such session.
        UnknownTraining { branch: BranchId, training: TrainingId } = "branch.unknown_training",
            "the branch {branch} held no training {training}; record it first",
            "组织 {branch} 没有培训 {training},请先登记";
        /// Added though there.
        AttendeeAlreadyThere { training: TrainingId, member: MemberId } = "branch.attendee_already_there",
            "{member} is recorded at the training {training} already; leave them out of the added",
            "{member} 已在培训 {training} 的名单中,无需添加";
        /// Removed though not there.
        AttendeeNotThere { training: TrainingId, member: MemberId } = "branch.attendee_not_there",
            "{member} is not recorded at the training {training}; leave them out of the removed",
            "{member} 不在培训 {training} 的名单中,无法移除";
        /// A correction that changes nothing.
        NothingCorrected { training: TrainingId } = "branch.nothing_corrected",
            "the correction of the training {training} adds and removes nobody; name who is to be added or removed",
            "对培训 {training} 的更正没有增减人员,请填写增减名单";

        /// No such improvement.
        UnknownImprovement { branch: BranchId, improvement: ImprovementId } = "branch.unknown_improvement",
            "the branch {branch} has no improvement {improvement}; report it first",
            "组织 {branch} 没有改进 {improvement},请先上报";
        /// It was confirmed.
        ImprovementConfirmed { improvement: ImprovementId } = "branch.improvement_confirmed",
            "the improvement {improvement} is confirmed already", "改进 {improvement} 已确认,无需再次确认";
        /// Nobody confirms what they reported.
        ImprovementOwnConfirmation { improvement: ImprovementId } = "branch.improvement_own_confirmation",
            "who reported the improvement {improvement} cannot confirm it; somebody else has to",
            "改进 {improvement} 不能由上报人自己确认,请由他人确认";
        /// Confirmed before it was.
        ImprovementNotYetReported {
            improvement: ImprovementId, on: Date, reported: Date,
        } = "branch.improvement_not_yet_reported",
            "the improvement {improvement} is of {reported}; it cannot be confirmed on {on}, before that",
            "改进 {improvement} 的日期为 {reported},不能于 {on} 提前确认";
    }
}

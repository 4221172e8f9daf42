//! The words of the domain as enums of the API.

use async_graphql::Enum;

macro_rules! words {
    ($($(#[$meta:meta])* $name:ident = $remote:literal { $($(#[$vmeta:meta])* $variant:ident),* $(,)? })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
        #[graphql(remote = $remote)]
        pub enum $name { $($(#[$vmeta])* $variant),* }
    )*};
}

words! {
    /// What somebody may come as 角色.
    Role = "crate::viewer::Role" {
        /// 党员/员工
        Member,
        /// 支部书记
        BranchSecretary,
        /// 领导
        Leader,
        /// 党建部
        Office,
        /// 审计/纪检
        Auditor,
        /// Another system 其他系统.
        Integration,
    }

    /// A role that is granted 授权角色. Who acts as a member has an account for that.
    GrantedRole = "domain::grant::Role" {
        /// 支部书记
        BranchSecretary,
        /// 领导
        Leader,
        /// 党建部
        Office,
        /// 审计/纪检
        Auditor,
        /// Another system 其他系统.
        Integration,
    }

    /// What a member is in the organisation 职务类别.
    Post = "domain::member::Post" {
        /// 干部: may be paired for a contact point.
        Cadre,
        /// 职工
        Staff,
    }

    /// How a commitment ended 承诺结果.
    CommitmentOutcome = "domain::member::Outcome" {
        /// 兑现
        Fulfilled,
        /// 未兑现
        Missed,
    }

    /// The level of a contest or an honour 级别.
    Level = "domain::member::Level" {
        /// 单位
        Unit,
        /// 县区
        County,
        /// 市
        City,
        /// 省
        Provincial,
        /// 国家
        National,
    }

    /// The kinds of node in the organisation tree 组织类别.
    BranchKind = "domain::branch::BranchKind" {
        /// 党委
        Committee,
        /// 党总支
        GeneralBranch,
        /// 党支部
        Branch,
        /// 分公司
        BranchCompany,
    }

    /// The kinds of outlet 网点类别.
    OutletKind = "domain::branch::OutletKind" {
        /// 金融网点
        Financial,
        /// 揽投部
        Delivery,
    }

    /// What is put up on the wall of an outlet 上墙内容.
    StandardKind = "domain::branch::StandardKind" {
        /// 工作标准
        WorkStandard,
        /// 流程图
        ProcessChart,
    }

    /// The result of one S of a 6S inspection 6S 检查结果.
    SixSVerdict = "domain::branch::Verdict" {
        /// 达标
        Met,
        /// 部分达标
        Partly,
        /// 不达标
        NotMet,
    }

    /// Who competes in a competition 参赛对象.
    Competitors = "domain::branch::Competitors" {
        /// The members of the announcing branch's subtree.
        Members,
        /// The branches of its subtree.
        Branches,
    }

    /// By what a competition ranks 排名依据.
    RankedBy = "domain::branch::RankedBy" {
        /// The figure itself 数值.
        Value,
        /// Plan completion 计划完成率.
        PlanCompletion,
        /// Growth over the base 增幅.
        Growth,
    }

    /// The unit of a metric 单位.
    Unit = "domain::ledger::Unit" {
        /// 元, two decimals.
        Yuan,
        /// 人: persons, each counted once.
        Persons,
        /// 人次: person-times.
        PersonTimes,
        /// 件
        Pieces,
        /// 次 / 场
        Times,
        /// 小时, two decimals.
        Hours,
        /// 分, two decimals.
        Points,
        /// %, two decimals.
        Percent,
    }

    /// Which way is better 方向.
    Direction = "domain::ledger::Direction" {
        /// More is better.
        HigherIsBetter,
        /// Less is better.
        LowerIsBetter,
    }

    /// How the results of shorter periods make the figure of a longer one 汇总方式.
    Aggregation = "domain::ledger::Aggregation" {
        /// 累计: their sum.
        Sum,
        /// 日均: their mean, weighted by days.
        DailyMean,
        /// 期末: the latest one.
        Last,
    }

    /// For whom a metric is kept 适用对象.
    MetricSubjects = "domain::ledger::Subjects" {
        /// Members only.
        Members,
        /// Branches only.
        Branches,
        /// Both, each on its own board.
        Both,
    }

    /// Whether a figure was counted or is a lower bound 精确性.
    Exactness = "domain::ledger::Exactness" {
        /// Counted.
        Exact,
        /// "800 余": at least this much; not to be shown as exact.
        AtLeast,
    }

    /// The kinds of period 期间粒度.
    Grain = "domain::period::Grain" {
        /// 月
        Month,
        /// 季
        Quarter,
        /// 年
        Year,
    }

    /// Whether a branch is still there 组织状态.
    BranchStanding = "projections::words::BranchStanding" {
        /// It stands.
        Standing,
        /// Another one took it over 合并.
        Merged,
        /// It ended 撤销.
        Closed,
    }

    /// Whether a member is on duty 在岗状态.
    MemberStanding = "projections::words::MemberStanding" {
        /// 在岗
        OnDuty,
        /// 暂停
        Suspended,
        /// 离开
        Left,
        /// Another registration of somebody 重复登记,已合并
        Merged,
    }

    /// Whether an outlet is open 网点状态.
    OutletStanding = "projections::words::OutletStanding" {
        /// 营业
        Open,
        /// 撤并
        Closed,
    }

    /// Whether a contact point stands 联系点状态.
    ContactPointStanding = "projections::words::ContactPointStanding" {
        /// The pair is still linked.
        Standing,
        /// It ended.
        Ended,
    }

    /// Where a round stands 评议阶段.
    RoundStage = "domain::round::Stage" {
        /// 起草
        Drafted,
        /// 评议中
        Opened,
        /// 截止
        Closed,
        /// 已计票
        Tallied,
        /// 已审定
        Decided,
        /// 公示
        Published,
        /// 归档
        Final,
        /// 作废
        Annulled,
    }

    /// Who reviews 评议主体.
    ReviewGroup = "domain::round::Group" {
        /// 领导点评: marks with a name.
        Leader,
        /// 党员互评: secret ballots of one's own branch.
        Peer,
        /// 群众评议: secret ballots of colleagues and customers.
        Public,
    }

    /// Rules of evaluation to begin with 预设规则.
    RulesPreset = "domain::round::Preset" {
        /// The defaults, each with its basis.
        Default,
        /// Three grades: good 好, fair 较好, poor 差.
        ThreeGrades,
        /// Reviews 20 %, comparisons 80 % of a year.
        TwentyEighty,
        /// A missing group's weight goes to the others.
        Renormalise,
    }

    /// What becomes of a score that lacks a group 缺组处理.
    GapRule = "domain::round::GapRule" {
        /// It is incomplete and unranked, never 0.
        Incomplete,
        /// The weights of the others make the whole.
        Renormalise,
    }

    /// What parts those with one score 同分排序.
    TieRule = "domain::round::TieRule" {
        /// The score of the leaders' group.
        LeaderScore,
        /// The comparisons of the year.
        Performance,
    }

    /// Why a group of a person has no score 无得分原因.
    ReviewGap = "domain::round::Gap" {
        /// Nobody gave a valid answer.
        NoAnswer,
        /// Too few took part.
        Turnout,
        /// More ballots came back than were issued.
        Surplus,
        /// Fewer valid answers than the anonymity threshold in some dimension.
        BelowThreshold,
    }

    /// Why a group of a round does not count 无效原因.
    VoidCause = "domain::round::Void" {
        /// Too few took part.
        Turnout,
        /// More ballots came back than were issued.
        Surplus,
    }

    /// What is due 到期事项.
    DueKind = "projections::words::DueKind" {
        /// A round closes 截止.
        RoundClose,
        /// A round becomes final 归档.
        RoundFinalisation,
        /// Appeals in a round are to be answered 申诉答复.
        AppealAnswer,
        /// A talk is to be followed up 回访.
        TalkFollowUp,
    }
}

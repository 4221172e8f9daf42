//! The words rows are made of, each under the name it is stored by.

use crate::cell::word_columns;

macro_rules! words {
    ($($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),* $(,)? })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant),* }

        word_columns! { $name { $($variant = $word),* } }
    )*};
}

words! {
    /// Whether a branch is still there 组织状态.
    pub enum BranchStanding {
        /// It stands.
        Standing = "standing",
        /// Another one took it over 合并.
        Merged = "merged",
        /// It ended 撤销.
        Closed = "closed",
    }

    /// Whether a member is on duty 在岗状态.
    pub enum MemberStanding {
        /// 在岗
        OnDuty = "on_duty",
        /// 暂停
        Suspended = "suspended",
        /// 离开
        Left = "left",
        /// 重复登记,已合并
        Merged = "merged",
    }

    /// Whether an outlet is open 网点状态.
    pub enum OutletStanding {
        /// 营业
        Open = "open",
        /// 撤并
        Closed = "closed",
    }

    /// What lasts from a day until a day.
    pub enum SpellKind {
        /// A member's duty 在岗.
        Duty = "duty",
        /// A financial outlet's opening 金融网点.
        FinancialOutlet = "financial_outlet",
        /// A delivery station's opening 揽投部.
        DeliveryStation = "delivery_station",
    }

    /// Whether a contact point stands 联系点状态.
    pub enum ContactPointStanding {
        /// The pair is still linked.
        Standing = "standing",
        /// It ended.
        Ended = "ended",
    }

    /// What a record or an event is about.
    pub enum SubjectKind {
        /// 成员
        Member = "member",
        /// 组织
        Branch = "branch",
        /// 网点、揽投部
        Outlet = "outlet",
        /// 联系点
        ContactPoint = "contact_point",
        /// 评议轮次
        Round = "round",
    }

    /// The kinds of record that a member, a branch, an outlet or a contact point has 活动记录.
    pub enum RecordKind {
        /// 党徽佩戴检查
        BadgeCheck = "badge_check",
        /// 志愿服务
        Service = "service",
        /// 公示牌
        Plaque = "plaque",
        /// 承诺
        Commitment = "commitment",
        /// 技能比武
        Contest = "contest",
        /// 荣誉
        Honour = "honour",
        /// 作风改进
        Improvement = "improvement",
        /// 主题党日
        ThemeDay = "theme_day",
        /// 6S 检查
        Inspection = "inspection",
        /// 走访
        Visit = "visit",
        /// 上墙标准
        Standard = "standard",
    }

    /// How a record stands.
    pub enum RecordState {
        /// The badge was worn.
        Worn = "worn",
        /// The badge was not worn.
        NotWorn = "not_worn",
        /// The plaque is up.
        Published = "published",
        /// The plaque was taken down.
        Withdrawn = "withdrawn",
        /// The commitment was made.
        Made = "made",
        /// Evidence for the commitment was shown 佐证.
        Evidenced = "evidenced",
        /// The commitment was kept 兑现.
        Fulfilled = "fulfilled",
        /// The commitment was missed 未兑现.
        Missed = "missed",
        /// The improvement was reported.
        Reported = "reported",
        /// The improvement was confirmed 确认.
        Confirmed = "confirmed",
    }

    /// What is due 到期事项.
    pub enum DueKind {
        /// A round closes 截止.
        RoundClose = "round_close",
        /// A round becomes final 归档.
        RoundFinalisation = "round_finalisation",
        /// Appeals in a round are to be answered 申诉答复.
        AppealAnswer = "appeal_answer",
        /// A talk is to be followed up 回访.
        TalkFollowUp = "talk_follow_up",
    }
}

impl DueKind {
    /// The kinds that are about a round.
    pub const OF_ROUNDS: [Self; 3] = [Self::RoundClose, Self::RoundFinalisation, Self::AppealAnswer];
}

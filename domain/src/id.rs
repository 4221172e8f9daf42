//! Identities. Every id is a UUID of its own type, so that ids do not mix.
//!
//! # Invariant
//! An id says nothing about what it names: random ids are minted outside the domain and carried in by commands.
//!
//! # Not here
//! Minting (infra), staff numbers ([`crate::person`]).

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {$(
        #[cfg(test)]
        crate::refusal::tests::samples! { $name = $name(Uuid::from_u128(1)) }

        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// A member 成员. Random; the staff number is the key for people and lives outside the log.
    MemberId,
    /// A node of the organisation tree 组织.
    BranchId,
    /// A financial outlet 金融网点 or a delivery station 揽投部.
    OutletId,
    /// A standard put up on the wall of an outlet 上墙标准.
    StandardId,
    /// A 6S inspection of an outlet 6S 检查.
    InspectionId,
    /// A contact point 联系点.
    ContactPointId,
    /// A visit to a contact point 走访.
    VisitId,
    /// A badge check 党徽佩戴检查.
    BadgeCheckId,
    /// A volunteer service 志愿服务.
    ServiceId,
    /// A service plaque 公示牌.
    PlaqueId,
    /// A public commitment 承诺.
    CommitmentId,
    /// One reported or corrected metric result 业绩结果.
    ResultId,
    /// A competition 竞赛.
    CompetitionId,
    /// A training session 培训.
    TrainingId,
    /// A theme day 主题党日.
    ThemeDayId,
    /// A skill contest 技能比武.
    ContestId,
    /// A team that took a place in a contest together 参赛队.
    TeamId,
    /// An honour 荣誉.
    HonourId,
    /// A service improvement 作风改进.
    ImprovementId,
    /// An evaluation round 评议轮次.
    RoundId,
    /// An appeal 申诉.
    AppealId,
    /// A reminder talk 提醒谈话.
    TalkId,
    /// A role granted 授权.
    GrantId,
}

impl BranchId {
    /// The organisation's top committee. One log serves one organisation, so its id is fixed.
    #[must_use]
    pub fn root() -> Self {
        Self(Uuid::new_v5(&Uuid::NAMESPACE_URL, b"urn:sanping:branch:root"))
    }
}

impl TalkId {
    /// The talk that a round proposes by rule with a member or branch: one, however often the rule is asked.
    #[must_use]
    pub fn of_round(round: RoundId, subject: Uuid) -> Self {
        Self(Uuid::new_v5(&round.0, subject.as_bytes()))
    }
}

/// Who gave a command: an opaque id of at most 64 characters, never a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ActorId(pub String);

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

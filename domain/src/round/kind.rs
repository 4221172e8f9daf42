//! The small words of a round: groups of reviewers, codes of dimensions and grades, marks and counts.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::id::MemberId;
use crate::text::MetricCode;

/// Who reviews 评议主体.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// 领导点评: attributed marks 0 to 100.
    Leader,
    /// 党员互评: secret ballots of one's own branch.
    Peer,
    /// 群众评议: secret ballots of colleagues and customers.
    Public,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 3] = [Self::Leader, Self::Peer, Self::Public];

    /// Whether its answers are secret: counted, never attributed.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        match self {
            Self::Leader => false,
            Self::Peer | Self::Public => true,
        }
    }
}

/// In English; in the alternate form (`{:#}`) in Chinese.
impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self, f.alternate()) {
            (Self::Leader, false) => "leader",
            (Self::Peer, false) => "peer",
            (Self::Public, false) => "public",
            (Self::Leader, true) => "领导",
            (Self::Peer, true) => "党员",
            (Self::Public, true) => "群众",
        })
    }
}

/// The code of a dimension 评议维度 or of a grade 等次: small letters, digits, underscores.
pub type Code = MetricCode;

/// What the scrutineers counted for one person in one dimension. What is not named here was left blank.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Count {
    /// How many ballots gave each grade; a grade nobody gave is left out.
    pub grades: BTreeMap<Code, u32>,
    /// How many said they do not know 不了解.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unknown: u32,
    /// How many are over-marked or unreadable 废票.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub invalid: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Count {
    /// How many valid answers: those that gave a grade.
    #[must_use]
    pub fn valid(&self) -> u64 {
        self.grades.values().map(|count| u64::from(*count)).sum()
    }

    /// How many ballots it speaks of; the rest were left blank.
    #[must_use]
    pub fn ballots(&self) -> u64 {
        self.valid() + u64::from(self.unknown) + u64::from(self.invalid)
    }

    /// Without grades that nobody gave.
    #[must_use]
    pub fn tidy(mut self) -> Self {
        self.grades.retain(|_, count| *count > 0);
        self
    }
}

/// What one scrutineer counted for one person, by dimension.
pub type Counts = BTreeMap<Code, Count>;

/// What one leader marked one person with, by dimension: 0 to 100.
pub type Marks = BTreeMap<Code, Amount>;

/// The answers that a person's result is made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// The leaders' marks.
    pub marks: BTreeMap<MemberId, Marks>,
    /// The counts of the secret groups that stand.
    pub counts: BTreeMap<Group, Counts>,
}

/// What a correction puts right in a result; with what, the new version says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PutRight {
    /// The counts of a secret group.
    Counts {
        /// Which group.
        group: Group,
    },
    /// One leader's marks.
    Marks {
        /// Which leader.
        reviewer: MemberId,
    },
    /// The grade.
    Grade,
    /// A year's result, computed anew.
    Recompute,
}

/// Who is not counted as the close needs it: of which group, on whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Persons(pub Vec<(Group, MemberId)>);

/// The most persons that a sentence names; how many more there are is said.
const PERSONS_NAMED: usize = 20;

/// In English; in the alternate form (`{:#}`) in Chinese.
impl fmt::Display for Persons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (group, member)) in self.0.iter().take(PERSONS_NAMED).enumerate() {
            match (at, f.alternate()) {
                (0, _) => {}
                (_, false) => f.write_str(", ")?,
                (_, true) => f.write_str("、")?,
            }
            match f.alternate() {
                false => write!(f, "{group} {member}")?,
                true => write!(f, "{group:#} {member}")?,
            }
        }
        match (self.0.len().saturating_sub(PERSONS_NAMED), f.alternate()) {
            (0, _) => Ok(()),
            (more, false) => write!(f, " and {more} more"),
            (more, true) => write!(f, "等,另有 {more} 名"),
        }
    }
}

/// Where a round stands 阶段.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
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

/// In English; in the alternate form (`{:#}`) in Chinese.
impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self, f.alternate()) {
            (Self::Drafted, false) => "drafted",
            (Self::Opened, false) => "opened",
            (Self::Closed, false) => "closed",
            (Self::Tallied, false) => "tallied",
            (Self::Decided, false) => "decided",
            (Self::Published, false) => "published",
            (Self::Final, false) => "final",
            (Self::Annulled, false) => "annulled",
            (Self::Drafted, true) => "起草",
            (Self::Opened, true) => "评议中",
            (Self::Closed, true) => "已截止",
            (Self::Tallied, true) => "已计票",
            (Self::Decided, true) => "已审定",
            (Self::Published, true) => "已公示",
            (Self::Final, true) => "已归档",
            (Self::Annulled, true) => "已作废",
        })
    }
}

/// Why a group of a person has no score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// Nobody gave a valid answer.
    NoAnswer,
    /// Too few took part: the group is to be repeated.
    Turnout,
    /// More ballots came back than were issued: the group is to be repeated.
    Surplus,
    /// Fewer valid answers than the anonymity threshold in some dimension.
    BelowThreshold,
}

/// Why a group of a round does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Void {
    /// Too few took part.
    Turnout,
    /// More ballots came back than were issued.
    Surplus,
}

/// Somebody on the roster of a round, as of its opening 评议对象.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rostered {
    /// Who.
    pub member: MemberId,
    /// In which branch.
    pub branch: crate::id::BranchId,
    /// The first day in that branch.
    pub since: jiff::civil::Date,
    /// On probation 预备: reviews others, is neither reviewed nor graded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_probation: bool,
}

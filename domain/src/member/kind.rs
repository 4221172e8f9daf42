//! The words that a member's events are made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a member is in the organisation 职务类别.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Post {
    /// 干部: may be paired for a contact point.
    Cadre,
    /// 职工
    Staff,
}

/// How a commitment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 兑现
    Fulfilled,
    /// 未兑现
    Missed,
}

/// The level of a contest or honour 级别.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
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

//! The words branch events are made of.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{BranchId, ContactPointId, MemberId, OutletId};
use crate::text::Title;

/// The kinds of node in the organisation tree 组织类别.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BranchKind {
    /// 党委
    Committee,
    /// 党总支
    GeneralBranch,
    /// 党支部
    Branch,
    /// 分公司
    BranchCompany,
}

/// The kinds of outlet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutletKind {
    /// 金融网点
    Financial,
    /// 揽投部
    Delivery,
}

/// What is put up on the wall of an outlet 上墙内容.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StandardKind {
    /// 工作标准
    WorkStandard,
    /// 流程图
    ProcessChart,
}

/// The result of one S of an inspection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 达标
    Met,
    /// 部分达标
    Partly,
    /// 不达标
    NotMet,
}

/// A 6S inspection's results, one per S.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct SixS {
    /// 整理
    pub sort: Verdict,
    /// 整顿
    pub set_in_order: Verdict,
    /// 清扫
    pub shine: Verdict,
    /// 清洁
    pub standardise: Verdict,
    /// 素养
    pub sustain: Verdict,
    /// 安全
    pub safety: Verdict,
}

impl SixS {
    /// The results in the order of the fields.
    #[must_use]
    pub fn verdicts(self) -> [Verdict; 6] {
        [self.sort, self.set_in_order, self.shine, self.standardise, self.sustain, self.safety]
    }
}

/// An outlet as one branch hands it to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HandedOutlet {
    /// The outlet.
    pub outlet: OutletId,
    /// Its kind.
    pub kind: OutletKind,
    /// Its name.
    pub name: Title,
    /// When it was opened.
    pub opened_on: Date,
}

/// A contact point as one branch hands it to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HandedContactPoint {
    /// The contact point.
    pub contact_point: ContactPointId,
    /// The pair of cadres.
    pub cadres: [MemberId; 2],
    /// Its financial outlet.
    pub outlet: OutletId,
    /// Its delivery station.
    pub station: OutletId,
    /// Its first day.
    pub from: Date,
    /// Its last day, if agreed.
    pub until: Option<Date>,
    /// Who held the outlet and the station when it was assigned, if that was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holders: Option<[BranchId; 2]>,
}

/// Who competes in a competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Competitors {
    /// The members of the announcing branch's subtree.
    Members,
    /// The branches of its subtree.
    Branches,
}

/// By what a competition ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RankedBy {
    /// The aggregated value.
    Value,
    /// Plan completion 计划完成率.
    PlanCompletion,
    /// Growth over the base 增幅.
    Growth,
}

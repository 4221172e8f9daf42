//! How actions are called: in Chinese, and in the records of what was denied.

use super::Action;

impl Action {
    /// What it is in Chinese, as said of somebody who may not.
    #[must_use]
    pub fn chinese(self) -> &'static str {
        match self {
            Self::SeeMetrics => "查看指标和评议规则",
            Self::SeeBranches => "查看组织",
            Self::SeeBoards => "查看排行榜",
            Self::SeeRoster => "查看花名册",
            Self::SeeMember => "查看成员档案",
            Self::SeeName => "查看姓名和工号",
            Self::SeeContact => "查看联系方式",
            Self::SeeText => "查看文字内容",
            Self::SeeReport => "查看年度报告",
            Self::SeeTrail => "查看审计轨迹",
            Self::KeepCommitments => "登记承诺",
            Self::KeepRoster => "维护花名册",
            Self::KeepDisplays => "登记亮身份、亮标准的内容",
            Self::KeepOutlets => "维护网点",
            Self::KeepRecords => "登记培训、主题党日、比武、荣誉和改进",
            Self::ReportResults => "报告或更正业绩",
            Self::SetTargets => "设定计划和基数",
            Self::RunCompetitions => "组织竞赛",
            Self::ShapeOrganisation => "调整组织、指标和评议规则",
            Self::SeeRounds => "查看评议轮次",
            Self::SeeResults => "查看评议结果、申诉和谈话",
            Self::SeeProposal => "查看公示前的评议结果",
            Self::SeeReads => "查看查阅记录",
            Self::TakePart => "参加评议、计票或申诉",
            Self::KeepBallots => "发放和收回评议票",
            Self::RunRounds => "组织评议轮次",
            Self::KeepTalks => "办理提醒谈话",
            Self::SeeGrants => "查看授权和账号",
            Self::GrantRoles => "授权或关联账号",
        }
    }

    /// The word it is recorded by where it was denied.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::SeeMetrics => "see_metrics",
            Self::SeeBranches => "see_branches",
            Self::SeeBoards => "see_boards",
            Self::SeeRoster => "see_roster",
            Self::SeeMember => "see_member",
            Self::SeeName => "see_name",
            Self::SeeContact => "see_contact",
            Self::SeeText => "see_text",
            Self::SeeReport => "see_report",
            Self::SeeTrail => "see_trail",
            Self::KeepCommitments => "keep_commitments",
            Self::KeepRoster => "keep_roster",
            Self::KeepDisplays => "keep_displays",
            Self::KeepOutlets => "keep_outlets",
            Self::KeepRecords => "keep_records",
            Self::ReportResults => "report_results",
            Self::SetTargets => "set_targets",
            Self::RunCompetitions => "run_competitions",
            Self::ShapeOrganisation => "shape_organisation",
            Self::SeeRounds => "see_rounds",
            Self::SeeResults => "see_results",
            Self::SeeProposal => "see_proposal",
            Self::SeeReads => "see_reads",
            Self::TakePart => "take_part",
            Self::KeepBallots => "keep_ballots",
            Self::RunRounds => "run_rounds",
            Self::KeepTalks => "keep_talks",
            Self::SeeGrants => "see_grants",
            Self::GrantRoles => "grant_roles",
        }
    }
}

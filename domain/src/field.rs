//! Fields: the parts of what is asked, by the name they have there and by a word for people.
//!
//! # Not here
//! Which command has which fields (graphql).

use std::fmt;

/// A field. Shown by its name, such as `probationUntil`; in the alternate form (`{:#}`) by its word in Chinese.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field(pub String);

/// The words; a name that has none stands for itself, in quotes.
const WORDS: &[(&str, &str)] = &[
    ("activity", "活动内容"),
    ("added", "增加名单"),
    ("answer", "答复"),
    ("answerDays", "答复期限"),
    ("appeal", "申诉"),
    ("appealDays", "申诉期限"),
    ("attendees", "参加名单"),
    ("blank", "空白票数"),
    ("body", "授予单位"),
    ("branch", "组织"),
    ("branches", "涵盖组织"),
    ("by", "经办人"),
    ("cadre", "干部"),
    ("cadres", "结对干部"),
    ("commandId", "命令编号"),
    ("commands", "命令"),
    ("comment", "评语"),
    ("commitment", "承诺"),
    ("competition", "竞赛"),
    ("contact", "联系方式"),
    ("contactPoint", "联系点"),
    ("contest", "比武"),
    ("corrects", "被更正的结果"),
    ("correlationId", "关联编号"),
    ("count", "票数"),
    ("counts", "计票"),
    ("denominator", "分母"),
    ("due", "期限"),
    ("duty", "职责"),
    ("effect", "成效"),
    ("evidence", "佐证"),
    ("fixes.reviewer", "更正的点评领导"),
    ("followUpDays", "回访天数"),
    ("from", "开始日期"),
    ("grades", "等次"),
    ("grades.member", "评定对象"),
    ("grades.reason", "评定原因"),
    ("grant", "授权"),
    ("id", "编号"),
    ("ids", "编号"),
    ("ifUnchangedSince", "读取位置"),
    ("improvement", "改进"),
    ("into", "并入的组织"),
    ("invalid", "废票数"),
    ("lastOneIn", "末位比例"),
    ("leaders", "点评领导"),
    ("leastQuarters", "最少季度数"),
    ("leastRanked", "最少排名人数"),
    ("marks", "评分"),
    ("member", "成员"),
    ("metricWeights", "指标权重"),
    ("minutes", "分钟数"),
    ("name", "名称"),
    ("note", "说明"),
    ("numerator", "分子"),
    ("off", "休息日"),
    ("on", "日期"),
    ("outlet", "网点"),
    ("outlets.branch", "网点所属组织"),
    ("outlets.outlet", "网点"),
    ("parent", "上级组织"),
    ("persons", "评议对象"),
    ("persons.member", "评议对象"),
    ("place", "地点或名次"),
    ("plaque", "公示牌"),
    ("probationUntil", "预备期截止日期"),
    ("publicityDays", "公示期限"),
    ("reason", "原因"),
    ("record", "谈话记录"),
    ("remarks", "备注"),
    ("removed", "移除名单"),
    ("result", "结果"),
    ("returned", "收回票数"),
    ("reviewer", "点评领导"),
    ("round", "评议轮次"),
    ("rounds", "季度轮次"),
    ("rulesVersion", "规则版本"),
    ("scrutineers", "监票人"),
    ("staffNumber", "工号"),
    ("subject", "对象"),
    ("subject.id", "对象编号"),
    ("talk", "谈话"),
    ("teamMates", "队友"),
    ("text", "正文"),
    ("threshold", "匿名阈值"),
    ("title", "标题"),
    ("to", "转入的组织"),
    ("topic", "主题"),
    ("training", "培训"),
    ("trimFrom", "去高去低起始票数"),
    ("unknown", "不了解票数"),
    ("until", "结束日期"),
    ("what", "改进内容"),
    ("with.attendees", "谈话参加人"),
    ("with.branch", "谈话组织"),
    ("with.member", "谈话对象"),
    ("within", "范围"),
    ("worked", "调休工作日"),
];

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = || WORDS.iter().find(|(name, _)| *name == self.0).map(|(_, word)| *word);
        match f.alternate().then(word) {
            None => f.write_str(&self.0),
            Some(Some(word)) => f.write_str(word),
            Some(None) => write!(f, "“{}”", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_its_name_and_its_word() {
        let field = Field("probationUntil".to_owned());
        assert_eq!(
            (format!("{field}"), format!("{field:#}")),
            ("probationUntil".to_owned(), "预备期截止日期".to_owned())
        );
        assert_eq!(format!("{:#}", Field("elsewhere".to_owned())), "“elsewhere”");
        assert!(WORDS.is_sorted_by(|one, next| one.0 < next.0), "each once, in order");
    }
}

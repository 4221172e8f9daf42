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
    ("attendees", "参加名单"),
    ("body", "授予单位"),
    ("branch", "组织"),
    ("by", "走访人"),
    ("cadre", "干部"),
    ("cadres", "结对干部"),
    ("commandId", "命令编号"),
    ("commitment", "承诺"),
    ("competition", "竞赛"),
    ("contact", "联系方式"),
    ("contactPoint", "联系点"),
    ("contest", "比武"),
    ("corrects", "被更正的结果"),
    ("correlationId", "关联编号"),
    ("due", "期限"),
    ("duty", "职责"),
    ("effect", "成效"),
    ("evidence", "佐证"),
    ("from", "开始日期"),
    ("id", "编号"),
    ("improvement", "改进"),
    ("into", "并入的组织"),
    ("member", "成员"),
    ("minutes", "分钟数"),
    ("name", "名称"),
    ("note", "说明"),
    ("on", "日期"),
    ("outlet", "网点"),
    ("outlets.branch", "网点所属组织"),
    ("outlets.outlet", "网点"),
    ("parent", "上级组织"),
    ("place", "地点或名次"),
    ("plaque", "公示牌"),
    ("probationUntil", "预备期截止日期"),
    ("reason", "原因"),
    ("remarks", "备注"),
    ("removed", "移除名单"),
    ("result", "结果"),
    ("staffNumber", "工号"),
    ("subject", "对象"),
    ("subject.id", "对象编号"),
    ("teamMates", "队友"),
    ("text", "正文"),
    ("title", "标题"),
    ("to", "转入的组织"),
    ("topic", "主题"),
    ("training", "培训"),
    ("until", "结束日期"),
    ("what", "改进内容"),
    ("within", "范围"),
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

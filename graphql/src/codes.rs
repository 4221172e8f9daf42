//! What each code of an error means, in a sentence: for those that say nothing more, and for the reference.
//!
//! # Not here
//! The sentences with their facts, where an error arises; the domain's, beside its refusals; those of the doors over HTTP.

/// A code, what it means and what to do in English, and in Chinese.
pub type Known = (&'static str, &'static str, &'static str);

/// The codes of [`crate::fault`], [`crate::refusal`] and [`crate::legible`].
pub const KNOWN: &[Known] = &[
    (
        "account.in_use",
        "the account stands for another member; unlink it there first",
        "该账号已关联其他成员,请先在该成员处解除关联",
    ),
    (
        "board.moments_reversed",
        "from is after to; give the earlier moment first",
        "from 晚于 to;请将较早的时刻放在前面",
    ),
    ("board.no_period", "a metric's board needs a period; give one", "指标排行榜须指定期间"),
    ("board.period_outside", "the period is not within the time the competition runs", "期间不在竞赛期间之内"),
    (
        "board.scores_unfit",
        "a board of round scores is for a quarter or a year, ranks by value, and takes roundScore: true",
        "评议得分排行榜须按季或按年、按数值排名,且 roundScore 须为 true",
    ),
    (
        "board.wrong_subject",
        "the competition is among the others; change subject",
        "该竞赛的参赛对象不是所选类别;请更改 subject",
    ),
    (
        "command.contended",
        "the command lost against others again and again; send it again with the same id",
        "命令多次与其他命令冲突,请用同一编号重新发送",
    ),
    (
        "command.id_reused",
        "the command id was used for another command; take a new one",
        "命令编号已用于另一条命令,请换用新的编号",
    ),
    ("competition.unknown", "there is no such competition at that position", "该位置上没有此竞赛"),
    (
        "input.bad_command_id",
        "a command id is 1 to 128 printable ASCII characters",
        "命令编号须为 1 至 128 个可打印 ASCII 字符",
    ),
    ("input.bad_date", "it is not a date; write it like 2022-06-30", "不是日期;请写成 2022-06-30"),
    ("input.bad_id", "it is not an id; give a UUID as an earlier answer named it", "不是编号;请使用系统返回的 UUID"),
    ("input.bad_number", "give a whole number from 0 to 4294967295", "请给出 0 至 4294967295 的整数"),
    ("input.named_twice", "the same thing is named twice; name each once", "同一项出现两次,每项只填一次"),
    ("input.one_of", "give exactly one of the fields that the message names", "请在所列字段中任选其一"),
    ("input.too_many", "one call does not take so many; send the rest in another", "一次提交的项数过多,其余请另行提交"),
    (
        "internal",
        "an accident of the server; tell the operator its requestId, and send a command again with the same id",
        "服务器内部错误;请将 requestId 告知管理员,命令可用同一编号重新发送",
    ),
    (
        "log.newer_type",
        "a server of an earlier build still runs that does not know what the command leads to; send it again with the same id \
         once that one has ended",
        "尚有旧版服务器在运行,不认识此命令产生的事件;待其停止后请用同一编号重新提交",
    ),
    ("metric.unknown", "no such metric is defined", "未定义该指标"),
    (
        "page.bad_cursor",
        "after is not a cursor of this list; take one from a page of it, with the same filter and order",
        "after 不是此列表的游标;请使用同一列表、同一筛选与排序条件下某一页返回的游标",
    ),
    (
        "page.fold_changed",
        "another version of this list's rows has begun to serve; begin again at the first page",
        "此列表的数据已换用新的版本;请从第一页重新开始",
    ),
    (
        "page.other_origin",
        "the cursor was given before the database was restored; begin again at the first page",
        "游标是数据库恢复之前给出的,日志起源已不同;请从第一页重新开始",
    ),
    ("page.too_large", "a page has 1 to 100 entries; ask for as many", "每页请取 1 至 100 条"),
    ("policy.denied", "your roles do not reach this; ask the office", "您的角色无权查看或执行,请联系党建部"),
    (
        "position.behind",
        "what is read has not got there yet; ask again in a moment",
        "查询数据尚未到达该位置;请稍后重试",
    ),
    ("position.beyond_head", "the log has not got there; no such position exists yet", "该位置尚不存在"),
    (
        "position.other_origin",
        "the position was given before the database was restored; read what is there now",
        "该位置属于数据库恢复之前的日志起源;请重新读取",
    ),
    (
        "request.bad_purpose",
        "the purpose is one of a few words, perhaps with a reference after a colon, such as appeal:2022-JJ-014",
        "查阅目的须为规定的词,可在冒号后加编号,例如 appeal:2022-JJ-014",
    ),
    (
        "request.half_character",
        "an escape names half a character; write the character itself, or send it in a variable",
        "转义序列只是半个字符;请直接写出该字符,或放入变量",
    ),
    (
        "request.invalid",
        "it is not GraphQL, or asks for what the schema does not have; the message says where",
        "请求不是 GraphQL,或查询了模式中没有的内容;详见错误信息",
    ),
    (
        "request.no_introspection",
        "the schema is not told here; it is in the documentation",
        "此服务不提供模式自省;请查阅文档",
    ),
    ("request.too_deep", "it nests too deep; ask in several requests", "嵌套过深;请分多次查询"),
    (
        "request.too_large",
        "it is too long or selects too much; use variables, or ask in several requests",
        "请求过长或查询内容过多;请使用变量或分多次查询",
    ),
    ("request.too_many_directives", "it has too many directives; leave some out", "指令过多;请减少"),
    (
        "request.too_many_fields",
        "it asks for too many things at its root, or renames too many fields; send the rest in another request",
        "顶层字段或别名过多;其余请另行提交",
    ),
    (
        "stream.newer_build",
        "what the command needs came with a later build; send it again to a server that is up to date",
        "所涉及的对象含有本服务器尚不认识的事件;请向已更新的服务器重新提交",
    ),
    (
        "subject.changed_since",
        "what the command is to has changed since you read it; read it again, and send the command if it still fits",
        "所涉及的对象在您读取之后又有变更;请重新读取,确认仍然适用后再提交",
    ),
    (
        "text.key_gone",
        "the key of earlier texts is not there: they were erased, or the database was restored without its keys; tell the operator",
        "此前文本的密钥已不存在:文本已被删除,或数据库恢复时未恢复密钥;请告知管理员",
    ),
    (
        "trail.too_wide",
        "too many members are within; name a smaller branch or a subject",
        "范围内人数过多;请指定更小的组织或某一对象",
    ),
    ("unauthenticated", "sign in first", "请先登录"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_there_once_in_order_and_no_other() {
        let known: Vec<&str> = KNOWN.iter().map(|(code, ..)| *code).collect();
        assert!(known.is_sorted_by(|one, next| one < next), "{known:?}");
        let codes: BTreeSet<&str> =
            [crate::fault::CODES, crate::refusal::CODES, crate::legible::CODES].concat().into_iter().collect();
        assert_eq!(known.into_iter().collect::<BTreeSet<_>>(), codes);
    }
}

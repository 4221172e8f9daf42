//! A refusal as the API shows it: what rule was broken, in a code for machines and sentences for people.
//!
//! The domain's refusals come through as they are; those below are the door's own.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use domain::field::Field;
use domain::id::ActorId;
use domain::stream::{Position, StreamId};
use uuid::Uuid;

use crate::policy::Action;
use crate::ports::Accepted;
use crate::session::Session;

/// Why a command was not accepted 拒绝; nothing was recorded.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Refusal {
    /// The stable code, `noun.rule`.
    pub code: String,
    /// What was wrong and what to do, in English.
    pub message: String,
    /// What was wrong and what to do, in Chinese.
    pub message_zh: String,
    /// The facts the sentence is made of.
    pub facts: Vec<RefusalFact>,
}

/// One fact of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct RefusalFact {
    /// Its name.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

impl From<domain::refusal::Refusal> for Refusal {
    fn from(refusal: domain::refusal::Refusal) -> Self {
        let facts = refusal.facts();
        Self::new(refusal.code(), &facts, refusal.to_string(), refusal.chinese())
    }
}

/// The codes of the door's own refusals; all others are the domain's.
pub const CODES: &[&str] = &[
    "account.in_use",
    "command.contended",
    "command.id_reused",
    "input.bad_command_id",
    "input.bad_date",
    "input.bad_id",
    "input.bad_number",
    "input.named_twice",
    "input.too_many",
    "log.newer_type",
    "policy.denied",
    "stream.newer_build",
    "subject.changed_since",
    "text.key_gone",
];

impl Refusal {
    pub(crate) fn new(code: &str, facts: &[(&str, String)], message: String, message_zh: String) -> Self {
        let fact = |(name, value): &(&str, String)| RefusalFact { name: (*name).to_owned(), value: value.clone() };
        Self { code: code.to_owned(), message, message_zh, facts: facts.iter().map(fact).collect() }
    }

    /// The policy forbids the command.
    #[must_use]
    pub fn denied(action: Action) -> Self {
        let (action, word) = (format!("{action:?}"), action.chinese());
        let message = format!("your roles do not allow {action} here; ask the office");
        Self::new("policy.denied", &[("action", action)], message, format!("您的角色不允许在此{word},请联系党建部"))
    }

    /// The account acts as another member.
    #[must_use]
    pub fn account_in_use(account: &ActorId) -> Self {
        let message = format!("{account} acts as another member; unlink it there first");
        let zh = format!("账号 {account} 已与其他成员关联,请先在该成员处解除");
        Self::new("account.in_use", &[("account", account.to_string())], message, zh)
    }

    /// The command id is not 1 to 128 printable ASCII characters.
    #[must_use]
    pub fn bad_command_id(field: &str) -> Self {
        let word = Field(field.to_owned());
        let message = format!("{field} must be 1 to 128 printable ASCII characters");
        let facts = [("field", field.to_owned())];
        Self::new("input.bad_command_id", &facts, message, format!("{word:#}须为 1 至 128 个可打印 ASCII 字符"))
    }

    /// The text is not an id.
    #[must_use]
    pub fn bad_id(field: &str, given: &str) -> Self {
        let word = Field(field.to_owned());
        let given = shown(given);
        let message = format!("{field} is not an id: {given:?}; give a UUID as an earlier answer named it");
        let zh = format!("{word:#}不是编号:{given:?};请使用系统返回的 UUID");
        Self::new("input.bad_id", &[("field", field.to_owned()), ("given", given)], message, zh)
    }

    /// The text is not a date.
    #[must_use]
    pub fn bad_date(field: &str, given: &str) -> Self {
        let word = Field(field.to_owned());
        let given = shown(given);
        let message = format!("{field} is not a date: {given:?}; write it like 2022-06-30");
        let zh = format!("{word:#}不是日期:{given:?};请写成 2022-06-30");
        Self::new("input.bad_date", &[("field", field.to_owned()), ("given", given)], message, zh)
    }

    /// The number is beyond what the field can hold.
    #[must_use]
    pub fn bad_number(field: &str, given: i64) -> Self {
        let word = Field(field.to_owned());
        let message = format!("{field} is {given}; give a whole number from 0 to 4294967295");
        let zh = format!("{word:#}为 {given};请给出 0 至 4294967295 的整数");
        Self::new("input.bad_number", &[("field", field.to_owned()), ("given", given.to_string())], message, zh)
    }

    /// The same thing is named twice where once is meant.
    #[must_use]
    pub fn named_twice(field: &str, given: &str) -> Self {
        let word = Field(field.to_owned());
        let given = shown(given);
        let message = format!("{field} names {given:?} twice; name each once");
        let zh = format!("{word:#}中 {given:?} 出现两次,每项只填一次");
        Self::new("input.named_twice", &[("field", field.to_owned()), ("given", given)], message, zh)
    }

    /// What the command needs has changed in a way that came with a later build.
    #[must_use]
    pub fn newer_build(stream: StreamId, event: &str, build: Option<&str>) -> Self {
        let (known, known_zh) = match build {
            Some(build) => (format!("build {build}"), format!("{build} 版")),
            None => ("a later build".to_owned(), "更新的版本".to_owned()),
        };
        let message = format!(
            "{stream} holds {event}, which this server does not know; it takes {known}: send the command again to a server \
             that is up to date"
        );
        let zh = format!("所涉及的对象含有本服务器尚不认识的事件,需要{known_zh};请向已更新的服务器重新提交");
        let mut facts = vec![("stream", stream.to_string()), ("event", event.to_owned())];
        facts.extend(build.map(|build| ("build", build.to_owned())));
        Self::new("stream.newer_build", &facts, message, zh)
    }

    /// What the command is to has changed since the position it counts on.
    #[must_use]
    pub fn moved(stream: StreamId, since: Position, position: Position) -> Self {
        let message = format!(
            "{stream} changed at {position}, after {since}: read it again, and send the command if it still fits"
        );
        let zh =
            format!("所涉及的对象在位置 {since} 之后又有变更,最近一次在 {position};请重新读取,确认仍然适用后再提交");
        let facts = [("subject", stream.to_string()), ("since", since.to_string()), ("position", position.to_string())];
        Self::new("subject.changed_since", &facts, message, zh)
    }

    /// What the command leads to is new, and a server of an earlier build still runs.
    #[must_use]
    pub fn newer_type(event: &str, build: &str) -> Self {
        let message = format!(
            "{event} came with this build, and a server of build {build} still runs that does not know it: send the \
             command again with the same id once that one has ended"
        );
        let zh = format!("此命令产生的事件为新版本所有,而尚有 {build} 版服务器在运行;待其停止后请用同一编号重新提交");
        let facts = [("event", event.to_owned()), ("build", build.to_owned())];
        Self::new("log.newer_type", &facts, message, zh)
    }

    /// A text of somebody is to be sealed whose earlier texts are closed.
    #[must_use]
    pub fn key_gone(subject: Uuid) -> Self {
        let message = format!(
            "the key of the texts of {subject} is not there: they were erased, or the database was restored without its \
             keys; tell the operator"
        );
        let zh = "此前文本的密钥已不存在:文本已被删除,或数据库恢复时未恢复密钥;请告知管理员".to_owned();
        Self::new("text.key_gone", &[("subject", subject.to_string())], message, zh)
    }

    /// More than one call takes.
    #[must_use]
    pub fn too_many(field: &str, given: usize, most: usize) -> Self {
        let word = Field(field.to_owned());
        let message = format!("{field} names {given}; one call takes {most} at most, send the rest in another");
        let zh = format!("{word:#}共 {given} 项,一次至多 {most} 项,其余请另行提交");
        let facts = [("field", field.to_owned()), ("given", given.to_string()), ("most", most.to_string())];
        Self::new("input.too_many", &facts, message, zh)
    }

    /// The command id was accepted before, with another body.
    #[must_use]
    pub fn id_reused(command_id: &str) -> Self {
        let message = format!("the command id {command_id} was used for another command; take a new one");
        let zh = format!("命令编号 {command_id} 已用于另一条命令,请换用新的编号");
        Self::new("command.id_reused", &[("commandId", command_id.to_owned())], message, zh)
    }

    /// Others kept changing what the command was decided on.
    #[must_use]
    pub fn contended(attempts: u32) -> Self {
        let message = format!("the command lost against others {attempts} times; send it again with the same id");
        let zh = format!("命令与其他命令冲突 {attempts} 次,请用同一编号重新发送");
        Self::new("command.contended", &[("attempts", attempts.to_string())], message, zh)
    }
}

/// What was given, short enough to be shown.
fn shown(given: &str) -> String {
    given.chars().take(64).collect()
}

/// What came of a command 命令结果: the position of what it led to, or a refusal.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Outcome {
    /// The position of its last event, or of the head of the log where what was asked for already held; nothing when
    /// the command was refused. Ask a query for `atLeast` this position to read what you wrote.
    pub position: Option<crate::scalar::Position>,
    /// The id of the new thing, or of the subject where nothing new has an id; nothing when the command was refused.
    pub of: Option<async_graphql::ID>,
    /// The id the command was sent under: yours, or one made for it. The same id again means the same command.
    pub command_id: String,
    /// Whether this id had been accepted before, so that nothing was recorded this time.
    pub replayed: bool,
    /// Why the command was not accepted; nothing when it was.
    pub refusal: Option<Refusal>,
}

#[ComplexObject]
impl Outcome {
    /// The origin of the log that the position is of 日志起源; nothing when the command was refused.
    async fn origin(&self, ctx: &Context<'_>) -> Option<ID> {
        self.position.map(|_| Session::of(ctx).reads().origin().into())
    }
}

#[ComplexObject]
impl Outcomes {
    /// The origin of the log that the position is of 日志起源; nothing where none was accepted.
    async fn origin(&self, ctx: &Context<'_>) -> Option<ID> {
        self.position.map(|_| Session::of(ctx).reads().origin().into())
    }
}

impl Outcome {
    /// The outcome of an accepted command.
    #[must_use]
    pub fn accepted(command_id: String, id: uuid::Uuid, accepted: Accepted) -> Self {
        let Accepted { position, replayed } = accepted;
        Self { position: Some(position.into()), of: Some(id.into()), command_id, replayed, refusal: None }
    }

    /// The outcome of a refused command.
    #[must_use]
    pub fn refused(session: &Session, command_id: String, refusal: Refusal) -> Self {
        session.comes_to_nothing();
        Self { position: None, of: None, command_id, replayed: false, refusal: Some(refusal) }
    }
}

/// What came of several commands in one call 多条命令结果: of each its own outcome; or a refusal of the whole, before any
/// was sent.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Outcomes {
    /// The furthest position of those accepted; nothing where none was.
    pub position: Option<crate::scalar::Position>,
    /// What they all are about, where it is one thing; nothing otherwise.
    pub of: Option<async_graphql::ID>,
    /// The id the call was sent under: yours, or one made for it. Each command has an id that follows from it.
    pub command_id: String,
    /// Whether everything had been accepted before, so that nothing was recorded this time.
    pub replayed: bool,
    /// Why no command was sent at all; nothing where they were.
    pub refusal: Option<Refusal>,
    /// What came of each, in the order they were asked for.
    pub items: Vec<ItemOutcome>,
}

/// What came of one of several commands.
#[derive(Debug, Clone, SimpleObject)]
pub struct ItemOutcome {
    /// The ids of what it is about.
    pub about: Vec<async_graphql::ID>,
    /// What came of it.
    pub outcome: Outcome,
}

impl ItemOutcome {
    /// The outcome of a command about these.
    #[must_use]
    pub fn new(about: Vec<uuid::Uuid>, outcome: Outcome) -> Self {
        Self { about: about.into_iter().map(Into::into).collect(), outcome }
    }
}

impl Outcomes {
    /// The outcomes of commands that were sent.
    #[must_use]
    pub fn sent(command_id: String, items: Vec<ItemOutcome>) -> Self {
        let accepted = || items.iter().map(|item| &item.outcome).filter(|outcome| outcome.refusal.is_none());
        let position = accepted().filter_map(|outcome| outcome.position).max();
        let replayed = !items.is_empty() && items.iter().all(|item| item.outcome.replayed);
        let mut ids = accepted().map(|outcome| outcome.of.clone());
        let first = ids.next().flatten();
        let id = first.filter(|first| ids.all(|id| id.as_ref() == Some(first)));
        Self { position, of: id, command_id, replayed, refusal: None, items }
    }

    /// The outcome of a call of which nothing was sent.
    #[must_use]
    pub fn refused(session: &Session, command_id: String, refusal: Refusal) -> Self {
        session.comes_to_nothing();
        Self { position: None, of: None, command_id, replayed: false, refusal: Some(refusal), items: vec![] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_in_chinese_hold_no_english_word() {
        let denied = Action::ALL.map(Refusal::denied).to_vec();
        let others = vec![
            Refusal::bad_command_id("commandId"),
            Refusal::account_in_use(&ActorId("7".to_owned())),
            Refusal::bad_id("teamMates", "7"),
            Refusal::bad_date("probationUntil", "7"),
            Refusal::bad_number("minutes", -1),
            Refusal::named_twice("counts", "7"),
            Refusal::too_many("counts", 7, 6),
            Refusal::id_reused("7"),
            Refusal::contended(7),
            Refusal::moved(domain::id::BranchId::root().into(), Position(7), Position(8)),
            Refusal::newer_type("branch_unheard_of", "0.0.9"),
            Refusal::key_gone(Uuid::nil()),
            Refusal::newer_build(domain::id::BranchId::root().into(), "branch_unheard_of", Some("9.1.0")),
        ];
        let codes: Vec<&str> = others.iter().chain(denied.last()).map(|refusal| refusal.code.as_str()).collect();
        assert!(CODES.iter().all(|code| codes.contains(code)), "{codes:?}");
        for Refusal { code, message_zh, .. } in denied.into_iter().chain(others) {
            let words = message_zh.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
            let english: Vec<_> = words.filter(|word| !["ASCII", "UUID"].contains(word)).collect();
            assert!(english.is_empty(), "{code}: {message_zh}");
        }
    }
}

//! Things by their ids 按编号查询: the `Node` of the Relay conventions.
//!
//! # Rules
//! - Each type finds its own as its own field does, under the one policy. What is out of reach is null here, exactly like what
//!   does not exist, and like an id that names nothing: the conventions ask for null.
//! - An id of its own does not tell of which type it is. Each table is asked, whichever has it, so that how long it takes
//!   does not tell what is there.
//!
//! # Not here
//! What ids look like ([`crate::global`]).

use async_graphql::{Context, ID, Interface, Object};
use domain::id::{
    AppealId, BranchId, CompetitionId, ContactPointId, GrantId, MemberId, OutletId, RoundId, TalkId, TrainingId,
};
use futures_util::future::{BoxFuture, try_join_all};
use projections::appeals::{AppealKey, AppealRow};
use projections::branches::{BranchKey, BranchRow};
use projections::competitions::{CompetitionKey, CompetitionRow};
use projections::contact_points::{ContactPointKey, ContactPointRow};
use projections::grants::{GrantKey, GrantRow};
use projections::members::{MemberKey, MemberRow};
use projections::outlets::{OutletKey, OutletRow};
use projections::rounds::{RoundKey, RoundRow};
use projections::row::Row;
use projections::talks::{TalkKey, TalkRow};
use projections::trainings::{TrainingKey, TrainingRow};
use uuid::Uuid;

use super::branch::Branch;
use super::competition::Competition;
use super::contact_point::ContactPoint;
use super::grant::Grant;
use super::member::Member;
use super::metric::Metric;
use super::outlet::Outlet;
use super::record::Record;
use super::round::Round;
use super::round::appeal::Appeal;
use super::round::people::RosterEntry;
use super::round::result::RoundResult;
use super::round::rules::RuleSet;
use super::talk::Talk;
use super::trail::Event;
use super::training::Training;
use crate::fault::{Fault, Result};
use crate::global::Global;
use crate::input::{self, AsOf};
use crate::page::{MOST, When};
use crate::ports::Moment;
use crate::refusal::Refusal;
use crate::scalar::Position;
use crate::schema::READ;
use crate::session::Session;

/// What a client may keep by its id and ask for again by it 节点. Two of one id are the same thing.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The id, unique among everything that has one."))]
pub enum Node {
    /// 申诉
    Appeal(Appeal),
    /// 组织
    Branch(Branch),
    /// 竞赛
    Competition(Competition),
    /// 联系点
    ContactPoint(ContactPoint),
    /// 事件
    Event(Event),
    /// 授权
    Grant(Grant),
    /// 成员
    Member(Member),
    /// 指标
    Metric(Metric),
    /// 网点、揽投部
    Outlet(Outlet),
    /// 活动记录
    Record(Record),
    /// 名册
    RosterEntry(RosterEntry),
    /// 评议轮次
    Round(Round),
    /// 评议结果
    RoundResult(RoundResult),
    /// 评议规则版本
    RuleSet(RuleSet),
    /// 提醒谈话
    Talk(Talk),
    /// 培训
    Training(Training),
}

/// What has an id of its own.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Appeal,
    Branch,
    Competition,
    ContactPoint,
    Grant,
    Member,
    Outlet,
    Round,
    Talk,
    Training,
}

/// Things by their ids.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// What an id names, whatever it is 按编号查询; null where it names nothing, or nothing that your roles reach. As of now, since
    /// Relay takes no field of that name with more than the id; `nodes` takes a moment.
    #[graphql(complexity = "READ + child_complexity")]
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id, as an earlier answer named it.")] id: ID,
    ) -> Result<Option<Node>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        found(session, &id, session.pin(None, None).await?).await
    }

    /// What these ids name, in their order; null in place of each that names nothing, or nothing that your roles reach.
    #[graphql(complexity = "READ + ids.len().min(MOST) * child_complexity")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ids, 100 at most.")] ids: Vec<ID>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
    ) -> Result<Option<Vec<Option<Node>>>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        if ids.len() > MOST {
            return input::asked(Err(Refusal::too_many("ids", ids.len(), MOST)));
        }
        let at = session.pin_for(When::read(as_of, at_least)).await?;
        try_join_all(ids.iter().map(|id| found(session, id, at))).await.map(Some)
    }
}

/// What an id names, where the viewer may see it.
async fn found(session: &Session, id: &str, at: Moment) -> Result<Option<Node>> {
    let Some(global) = Global::read(id) else { return Ok(None) };
    let found: Result<Option<Node>> = match global {
        Global::Own(id) => own(session, id, at).await,
        Global::Event(position, origin) if origin == session.reads().origin() => {
            Event::find(session, position, at).await.map(some(Node::Event))
        }
        // Under another origin a position is another event, or none.
        Global::Event(..) => Ok(None),
        Global::Metric(code) => Metric::seen(session, &code, at).await.map(some(Node::Metric)),
        Global::Record(record, subject) => Record::find(session, record, subject, at).await.map(some(Node::Record)),
        Global::RosterEntry(round, member) => {
            RosterEntry::find(session, round, member, at).await.map(some(Node::RosterEntry))
        }
        Global::RoundResult(round, member) => {
            RoundResult::find(session, round, member, at).await.map(some(Node::RoundResult))
        }
        Global::RuleSet(version) => RuleSet::find(session, version, at).await.map(some(Node::RuleSet)),
    };
    match found {
        Err(Fault::Denied(tried)) => {
            session.note_tried(tried);
            Ok(None)
        }
        found => found,
    }
}

fn some<T>(node: fn(T) -> Node) -> impl FnOnce(Option<T>) -> Option<Node> {
    move |found| found.map(node)
}

/// What has this id as its own.
async fn own(session: &Session, id: Uuid, at: Moment) -> Result<Option<Node>> {
    match kind(session, id, at).await? {
        Some(Kind::Appeal) => Appeal::find(session, AppealId(id), at).await.map(some(Node::Appeal)),
        Some(Kind::Branch) => Branch::find(session, BranchId(id), at).await.map(some(Node::Branch)),
        Some(Kind::Competition) => Competition::find(session, CompetitionId(id), at).await.map(some(Node::Competition)),
        Some(Kind::ContactPoint) => {
            ContactPoint::find(session, ContactPointId(id), at).await.map(some(Node::ContactPoint))
        }
        Some(Kind::Grant) => Grant::find(session, GrantId(id), at).await.map(some(Node::Grant)),
        Some(Kind::Outlet) => Outlet::find(session, OutletId(id), at).await.map(some(Node::Outlet)),
        Some(Kind::Round) => Round::find(session, RoundId(id), at).await.map(some(Node::Round)),
        Some(Kind::Talk) => Talk::find(session, TalkId(id), at).await.map(some(Node::Talk)),
        Some(Kind::Training) => Training::find(session, TrainingId(id), at).await.map(some(Node::Training)),
        // What is nowhere is asked for all the same: that takes as long as what is out of reach.
        Some(Kind::Member) | None => Member::find(session, MemberId(id), at).await.map(some(Node::Member)),
    }
}

async fn kind(session: &Session, id: Uuid, at: Moment) -> Result<Option<Kind>> {
    let asked: [BoxFuture<'_, Result<Option<Kind>>>; 10] = [
        Box::pin(has::<AppealRow>(session, AppealKey { appeal: AppealId(id) }, Kind::Appeal, at)),
        Box::pin(has::<BranchRow>(session, BranchKey { branch: BranchId(id) }, Kind::Branch, at)),
        Box::pin(has::<CompetitionRow>(
            session,
            CompetitionKey { competition: CompetitionId(id) },
            Kind::Competition,
            at,
        )),
        Box::pin(has::<ContactPointRow>(
            session,
            ContactPointKey { contact_point: ContactPointId(id) },
            Kind::ContactPoint,
            at,
        )),
        Box::pin(has::<GrantRow>(session, GrantKey { grant_id: GrantId(id) }, Kind::Grant, at)),
        Box::pin(has::<MemberRow>(session, MemberKey { member: MemberId(id) }, Kind::Member, at)),
        Box::pin(has::<OutletRow>(session, OutletKey { outlet: OutletId(id) }, Kind::Outlet, at)),
        Box::pin(has::<RoundRow>(session, RoundKey { round: RoundId(id) }, Kind::Round, at)),
        Box::pin(has::<TalkRow>(session, TalkKey { talk: TalkId(id) }, Kind::Talk, at)),
        Box::pin(has::<TrainingRow>(session, TrainingKey { training: TrainingId(id) }, Kind::Training, at)),
    ];
    Ok(try_join_all(asked).await?.into_iter().flatten().next())
}

/// The kind, where its table has this key as of the moment.
async fn has<R: Row>(session: &Session, key: R::Key, kind: Kind, at: Moment) -> Result<Option<Kind>> {
    Ok(session.row::<R>(&key, at.position).await?.map(|_| kind))
}

//! Records 活动记录: the single things on a page, such as a badge check, a commitment, an inspection.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use projections::cell::ColumnType;
use projections::records::RecordRow;
use projections::select::{Condition, Order, Select};
use uuid::Uuid;

use super::branch::Branch;
use super::filter::{all_of, before, equals, since};
use super::lineage::Opened;
use super::outlet::Outlet;
use super::subject::Subject;
use super::trail::Event;
use crate::fault::Result;
use crate::global::Global;
use crate::input;
use crate::look::What;
use crate::page::{Connection, Page, weight};
use crate::policy::{Action, Resource};
use crate::ports::Moment;
use crate::scalar::Date;
use crate::session::Session;
use crate::words::{Level, SixSVerdict, StandardKind};

/// The kinds of record 记录类别.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "projections::words::RecordKind")]
pub enum RecordKind {
    /// 党徽佩戴检查
    BadgeCheck,
    /// 志愿服务
    Service,
    /// 公示牌
    Plaque,
    /// 承诺
    Commitment,
    /// 技能比武
    Contest,
    /// 荣誉
    Honour,
    /// 作风改进
    Improvement,
    /// 主题党日
    ThemeDay,
    /// 6S 检查
    Inspection,
    /// 走访
    Visit,
    /// 上墙标准
    Standard,
}

/// How a record stands 记录状态.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "projections::words::RecordState")]
pub enum RecordState {
    /// The badge was worn.
    Worn,
    /// The badge was not worn.
    NotWorn,
    /// The plaque is up.
    Published,
    /// The plaque was taken down.
    Withdrawn,
    /// The commitment was made.
    Made,
    /// Evidence for the commitment was shown 佐证.
    Evidenced,
    /// The commitment was kept 兑现.
    Fulfilled,
    /// The commitment was missed 未兑现.
    Missed,
    /// The improvement was reported.
    Reported,
    /// The improvement was confirmed 确认.
    Confirmed,
}

/// Which records of a page; all conditions hold together.
#[derive(Debug, Clone, Default, InputObject)]
pub struct RecordFilter {
    /// Only of this kind.
    kind: Option<RecordKind>,
    /// Only on or after this day.
    from: Option<Date>,
    /// Only before this day.
    until: Option<Date>,
}

/// The results of a 6S inspection, one per S.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct SixS {
    /// 整理
    pub sort: SixSVerdict,
    /// 整顿
    pub set_in_order: SixSVerdict,
    /// 清扫
    pub shine: SixSVerdict,
    /// 清洁
    pub standardise: SixSVerdict,
    /// 素养
    pub sustain: SixSVerdict,
    /// 安全
    pub safety: SixSVerdict,
}

impl From<domain::branch::SixS> for SixS {
    fn from(results: domain::branch::SixS) -> Self {
        Self {
            sort: results.sort.into(),
            set_in_order: results.set_in_order.into(),
            shine: results.shine.into(),
            standardise: results.standardise.into(),
            sustain: results.sustain.into(),
            safety: results.safety.into(),
        }
    }
}

/// A record on the page of its subject.
#[derive(Debug)]
pub struct Record {
    row: RecordRow,
    at: Moment,
    about: Resource,
}

/// The records on the page of a subject, by day, the latest first. The policy was asked for the page.
///
/// # Errors
/// `input.bad_date`, `page.*`, [`crate::fault::Fault::Read`].
pub async fn records_of(
    session: &Session,
    subject: Uuid,
    about: Resource,
    at: Moment,
    filter: Option<RecordFilter>,
    page: &Page,
) -> Result<Connection<Record>> {
    let filter = filter.unwrap_or_default();
    let from = input::asked(input::date("from", filter.from.as_ref()))?;
    let until = input::asked(input::date("until", filter.until.as_ref()))?;
    let kind = filter.kind.map(projections::words::RecordKind::from);
    let select = all_of([
        equals("subject", Some(subject)),
        equals("kind", kind),
        since("on_date", from),
        before("on_date", until),
    ]);
    let select = select.by("on_date", Order::Descending);
    Connection::select(session, page, at.position, select, |row| Record::on_page(row, at, about)).await
}

impl Record {
    /// A record on the page of one of those it is on, where the viewer may see that page.
    ///
    /// # Errors
    /// [`crate::fault::Fault::Denied`], [`crate::fault::Fault::Read`].
    pub async fn find(session: &Session, record: Uuid, subject: Uuid, at: Moment) -> Result<Option<Self>> {
        let select = Select::<RecordRow>::first(1)
            .only(Condition::Equals("record", record.to_cell()))
            .only(Condition::Equals("subject", subject.to_cell()));
        let Some(row) = session.rows(&select, at.position).await?.into_iter().next() else {
            return session.allow(Action::SeeMember, Resource::Organisation).await.map(|()| None);
        };
        let page = Subject::new(row.subject_kind, subject, at).resource(session).await?;
        let action = match page {
            Resource::Member(..) => Action::SeeMember,
            Resource::Branch(_) | Resource::Organisation => Action::SeeBranches,
        };
        session.allow(action, page).await?;
        if let Resource::Member(member, _) = page {
            session.note_member(What::Page, member, at);
        }
        Ok(Some(Self::on_page(row, at, page)))
    }

    /// A record on a page; the texts of a visit are those of the branch that keeps the contact point, whoever's outlet it
    /// was.
    fn on_page(row: RecordRow, at: Moment, page: Resource) -> Self {
        let about = match (row.kind, row.branch, page) {
            (projections::words::RecordKind::Visit, Some(keeper), Resource::Branch(_)) => Resource::Branch(keeper),
            (_, _, page) => page,
        };
        Self { row, at, about }
    }
}

/// A record on the page of its subject 活动记录. What a kind of record does not have is null.
#[Object]
impl Record {
    /// The events behind it, the earliest first: those at which it became what it is; part of the trail.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        Opened::row(&self.row, Subject::new(self.row.subject_kind, self.row.subject, self.at), self.at)
            .events(ctx, first, after)
            .await
    }

    /// The id of this entry: the check, service, plaque, commitment, contest … on this page. It may be given wherever
    /// that of the thing itself is asked for.
    pub(crate) async fn id(&self) -> ID {
        Global::Record(self.row.record, self.row.subject).id()
    }

    /// The id of the check, service, plaque, commitment, contest … itself, the same on every page it is on.
    async fn record(&self) -> ID {
        self.row.record.into()
    }

    /// What it is.
    async fn kind(&self) -> RecordKind {
        self.row.kind.into()
    }

    /// On whose page it stands.
    async fn subject(&self) -> Subject {
        Subject::new(self.row.subject_kind, self.row.subject, self.at)
    }

    /// The branch that recorded it; null for a member's own record.
    async fn branch(&self, ctx: &Context<'_>) -> Result<Option<Branch>> {
        Branch::linked(Session::of(ctx), self.row.branch, self.at).await
    }

    /// The day.
    async fn on(&self) -> Date {
        self.row.on_date.into()
    }

    /// Of a commitment: the last day to keep it.
    async fn due(&self) -> Option<Date> {
        self.row.due.map(Into::into)
    }

    /// The day it was settled, withdrawn or confirmed.
    async fn ended_on(&self) -> Option<Date> {
        self.row.ended_on.map(Into::into)
    }

    /// Activity, duty, promise, title, topic, or what was improved; free text, null where your roles do not reach.
    async fn title(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Session::of(ctx).text(self.row.title.as_ref(), self.about).await
    }

    /// Of a badge check the place, of an honour who granted it, of an improvement its effect; free text.
    async fn detail(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Session::of(ctx).text(self.row.detail.as_ref(), self.about).await
    }

    /// What was shown for a commitment or an improvement 佐证; free text.
    async fn evidence(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Session::of(ctx).text(self.row.evidence.as_ref(), self.about).await
    }

    /// What was said of it: remarks, findings, the note or reason at the end; free text.
    async fn note(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Session::of(ctx).text(self.row.note.as_ref(), self.about).await
    }

    /// How it stands.
    async fn state(&self) -> Option<RecordState> {
        self.row.state.map(Into::into)
    }

    /// Of a service its minutes, of a contest the place, of a theme day how many took part.
    async fn amount(&self) -> Option<i64> {
        self.row.amount
    }

    /// Of a contest: how many stood in the team.
    async fn team_size(&self) -> Option<i64> {
        self.row.team_size
    }

    /// Of a contest: the id of the team, the same for all its members; null for a single person, and where it was
    /// recorded before teams had ids.
    async fn team(&self) -> Option<ID> {
        self.row.team.map(Into::into)
    }

    /// Of a contest or honour: its level.
    async fn level(&self) -> Option<Level> {
        self.row.level.map(Into::into)
    }

    /// Of a standard: its kind.
    async fn standard(&self) -> Option<StandardKind> {
        self.row.standard.map(Into::into)
    }

    /// Of an inspection: the verdicts, one per S.
    async fn six_s(&self) -> Option<SixS> {
        self.row.six_s.map(Into::into)
    }

    /// Of a visit: who came.
    async fn visitor(&self) -> Option<Subject> {
        self.row.member.map(|member| Subject::of_member(member, self.at))
    }

    /// Of a visit: where.
    async fn outlet(&self, ctx: &Context<'_>) -> Result<Option<Outlet>> {
        match self.row.outlet {
            Some(outlet) => Outlet::find(Session::of(ctx), outlet, self.at).await,
            None => Ok(None),
        }
    }

    /// Of an improvement: the actor who reported it.
    async fn reported_by(&self) -> Option<String> {
        self.row.reported_by.as_ref().map(ToString::to_string)
    }

    /// Of an improvement: the actor who confirmed it.
    async fn confirmed_by(&self) -> Option<String> {
        self.row.confirmed_by.as_ref().map(ToString::to_string)
    }
}

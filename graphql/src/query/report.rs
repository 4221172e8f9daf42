//! The year's report 年度报告: figures, each opening to the events behind it.

use std::collections::BTreeMap;

use async_graphql::{Context, Object, SimpleObject};
use domain::period::Period;
use domain::stream::Position;
use futures_util::future::try_join_all;
use projections::cell::{Cell, ColumnType};
use projections::report::{self, Answer, Input, Quantity, Read, Source};
use projections::row::Row;
use projections::select::{Condition, Plan, Select};
use projections::totals::{TotalKey, TotalRow};

use super::trail::{Event, events_after, events_at};
use crate::fault::Result;
use crate::input::{self, AsOf};
use crate::page::{Connection, Page, Parent, When, weight};
use crate::policy::{Action, Resource};
use crate::ports::{Moment, ReadError, Reads};
use crate::refusal::Refusal;
use crate::scalar::{self, DateTime, Decimal};
use crate::session::Session;
use crate::words::{Exactness, Unit};

/// The year's report 年度报告 as of one position.
#[derive(Debug, Clone, SimpleObject)]
pub struct Report {
    /// The calendar year.
    pub year: i32,
    /// The position this is as of.
    pub position: scalar::Position,
    /// When the event at that position was recorded; null for an empty log.
    pub as_of: Option<DateTime>,
    /// The figures.
    #[graphql(complexity = "report::FIGURES.len() * child_complexity")]
    pub figures: Vec<Figure>,
}

/// A figure of the report.
#[derive(Debug, Clone)]
pub struct Figure {
    year: i32,
    answer: Answer,
    at: Moment,
    as_of: Option<DateTime>,
}

impl PartialEq for Figure {
    /// Figures are equal where they say the same, whenever they say it.
    fn eq(&self, other: &Self) -> bool {
        let said = |figure: &Self| (figure.answer.code, figure.answer.value.clone(), figure.answer.exactness);
        said(self) == said(other)
    }
}

impl Parent for Figure {
    /// One for all of a report: they are asked for together, so a cursor of one goes to all.
    fn key(&self) -> String {
        format!("figure of {}", self.year)
    }

    fn at(&self) -> Moment {
        self.at
    }

    /// What it is made of is the same at any moment; what it says is not asked for.
    async fn as_of(&self, _session: &Session, at: Moment) -> Result<Option<Self>> {
        Ok(Some(Self { at, ..self.clone() }))
    }
}

/// The report of a year as of a moment.
///
/// # Errors
/// `time.not_a_period`, [`Fault::Denied`], [`Fault::Read`].
pub async fn report_at(session: &Session, year: i32, at: Moment) -> Result<Report> {
    session.allow(Action::SeeReport, Resource::Organisation).await?;
    let refused = |refusal| Refusal::from(domain::refusal::Refusal::from(refusal));
    let period = input::asked(Period::year_of(year).map_err(refused))?;
    let answers = gather(&**session.reads(), period, at.position).await?;
    let as_of = at.recorded_at.map(|recorded| session.shown(recorded));
    let figure = |answer| Figure { year, answer, at, as_of: as_of.clone() };
    let figures = answers.into_iter().map(figure).collect();
    Ok(Report { year, position: at.position.into(), as_of: as_of.clone(), figures })
}

/// The figures of the year that holds the period, as of a position. Nobody is asked whether the viewer may see them.
///
/// # Errors
/// [`ReadError`].
pub async fn gather(reads: &dyn Reads, year: Period, at: Position) -> Result<Vec<Answer>, ReadError> {
    let read = report::reads(year).into_iter().map(|(input, read)| quantity(reads, input, read, at));
    let read: BTreeMap<Input, Quantity> = try_join_all(read).await?.into_iter().collect();
    Ok(report::report(year, &read))
}

async fn quantity(reads: &dyn Reads, input: Input, read: Read, at: Position) -> Result<(Input, Quantity), ReadError> {
    let Read::Tallied { table, tally, runs_on, rows } = read else {
        return Ok((input, by_rows(reads, read, at).await?));
    };
    let quantity = match reads.tallied(table, &tally, runs_on, at).await? {
        Some(quantity) => quantity,
        None => by_rows(reads, *rows, at).await?,
    };
    Ok((input, quantity))
}

async fn by_rows(reads: &dyn Reads, read: Read, at: Position) -> Result<Quantity, ReadError> {
    match read {
        Read::Count(source) => Ok(Quantity::counted(reads.count(&all(source), at).await?)),
        Read::Sum { source, column, bounds } => {
            let (sum, rows) = reads.sum(&all(source), column, at).await?;
            let at_least = match bounds {
                Some(bounds) => reads.count(&all(bounds), at).await?,
                None => 0,
            };
            Ok(Quantity::summed(sum, rows, at_least))
        }
        Read::Total(TotalKey { year, item }) => {
            let select = Select::<TotalRow>::first(1)
                .only(Condition::Equals(TotalRow::COLUMNS[0].name, Cell::Int(year)))
                .only(Condition::Equals(TotalRow::COLUMNS[1].name, item.to_cell()));
            let rows = reads.rows(&select, at).await?;
            Ok(rows.first().map(Quantity::of).unwrap_or_default())
        }
        Read::Tallied { .. } => Err(ReadError::Failed("what is tallied is made of rows, not of tallies".into())),
    }
}

fn all(Source { table, conditions }: Source) -> Plan {
    Plan { table, conditions, order: vec![], after: None, limit: 0 }
}

/// What a report weighs by itself: it reads and counts across the whole organisation, whatever is asked of it.
pub const WEIGHT: usize = 300;

/// The report.
#[derive(Default)]
pub struct ReportQuery;

#[Object]
impl ReportQuery {
    /// The report of a year 年度报告.
    #[graphql(complexity = "WEIGHT + child_complexity")]
    async fn report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The calendar year, 2000 to 2199.")] year: i32,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<scalar::Position>,
    ) -> Result<Option<Report>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        report_at(session, year, session.pin_for(When::read(as_of, at_least)).await?).await.map(Some)
    }
}

/// A figure of the report 指标数字.
#[Object]
impl Figure {
    /// Its code.
    async fn code(&self) -> &str {
        self.answer.code
    }

    /// The exact decimal in its unit; null where something it is made of is missing.
    async fn value(&self) -> Option<Decimal> {
        self.answer.value.clone().map(Decimal)
    }

    /// Its unit.
    async fn unit(&self) -> Unit {
        self.answer.unit.into()
    }

    /// Counted or a lower bound.
    async fn exactness(&self) -> Exactness {
        self.answer.exactness.into()
    }

    /// When the last event it takes in was recorded; null for an empty log.
    async fn as_of(&self) -> Option<&DateTime> {
        self.as_of.as_ref()
    }

    /// The position it is as of.
    async fn position(&self) -> scalar::Position {
        self.at.position.into()
    }

    /// The events behind it, the earliest first.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        let session = Session::of(ctx);
        session.allow(Action::SeeTrail, Resource::Organisation).await?;
        let (Self { answer, at, .. }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        let after = events_after(&page)?;
        let positions = session.reads().lineage(&answer.sources, at.position, after, page.limit + 1).await?;
        let events = events_at(session, &positions, at).await?;
        Ok(Some(Connection::of(session, &page, at.position, events.into_iter().map(|event| (event.place(), event)))))
    }
}

//! What the rows of a page ask for, in one statement for each kind of question and table: the parts of a union, each as it
//! would be asked by itself.

use std::collections::HashMap;

use domain::stream::Position;
use graphql::ports::ReadError;
use graphql::ports::together::{Question, Reply, one_by_one};
use projections::cell::Column;
use projections::moves::Between;
use projections::select::Order;
use sqlx::Row as _;

use super::moved::{self, Mover};
use super::select::{self, Statement, failed};
use super::{LogReads, lineage};
use crate::fold::cells::read;

/// The most questions in a statement: each has parameters, and is planned.
const MOST: usize = 250;

/// What can be asked in one statement.
#[derive(PartialEq, Eq, Hash)]
enum Kind<'q> {
    Rows(&'static str, &'q [(&'static str, Order)]),
    Count(&'static str),
    Key(&'static str),
    Traces,
    Moves(&'q Between),
}

fn kind(question: &Question) -> Kind<'_> {
    match question {
        Question::Rows { plan, .. } => Kind::Rows(plan.table, &plan.order),
        Question::Count(plan) => Kind::Count(plan.table),
        Question::Key { table, .. } => Kind::Key(table),
        Question::Traces { .. } => Kind::Traces,
        Question::Moves { between, .. } => Kind::Moves(between),
    }
}

/// Replies to these questions, in their order.
///
/// # Errors
/// [`ReadError::Failed`].
pub async fn all(reads: &LogReads, questions: &[Question], at: Position) -> Result<Vec<Reply>, ReadError> {
    let mut kinds: HashMap<Kind<'_>, Vec<usize>> = HashMap::new();
    for (number, question) in questions.iter().enumerate() {
        kinds.entry(kind(question)).or_default().push(number);
    }
    let mut replies: Vec<Option<Reply>> = questions.iter().map(|_| None).collect();
    for numbers in kinds.values().flat_map(|numbers| numbers.chunks(MOST)) {
        let asked: Vec<&Question> = numbers.iter().map(|number| &questions[*number]).collect();
        for (number, reply) in numbers.iter().zip(alike(reads, &asked, at).await?) {
            replies[*number] = Some(reply);
        }
    }
    replies.into_iter().collect::<Option<_>>().ok_or_else(|| failed("a question has no reply"))
}

/// Replies to questions of one kind.
async fn alike(reads: &LogReads, questions: &[&Question], at: Position) -> Result<Vec<Reply>, ReadError> {
    // One by itself is asked as ever: its statement is known to the database.
    if let [question] = questions {
        return one_by_one(reads, std::slice::from_ref(*question), at).await;
    }
    if let Question::Moves { between, .. } = questions[0] {
        return moves(reads, between, questions).await;
    }
    let mut union = Union::default();
    for question in questions {
        union.add(reads, question, at)?;
    }
    let sql = match &union.order {
        Some((names, order)) => format!("select asked, {names} from ({}) as each order by asked, {order}", union.sql()),
        None => union.sql().to_owned(),
    };
    union.statement.sql = sql;
    let rows = union.statement.once().fetch_all(&reads.pool).await.map_err(failed)?;
    let mut replies: Vec<Reply> = questions.iter().map(|question| nothing(question)).collect();
    for row in rows {
        let asked = usize::try_from(row.try_get::<i32, _>(0).map_err(failed)?).map_err(failed)?;
        match replies.get_mut(asked) {
            Some(Reply::Rows(rows)) => rows.push(read(&row, union.columns, 1).map_err(failed)?),
            Some(Reply::Count(count)) => *count = row.try_get::<i64, _>(1).map_err(failed)?.unsigned_abs(),
            Some(Reply::Positions(positions)) => positions.push(lineage::position(&row, 1)?),
            None => return Err(failed("a reply to no question")),
        }
    }
    Ok(replies)
}

fn nothing(question: &Question) -> Reply {
    match question {
        Question::Rows { .. } => Reply::Rows(vec![]),
        Question::Count(_) => Reply::Count(0),
        Question::Key { .. } | Question::Traces { .. } | Question::Moves { .. } => Reply::Positions(vec![]),
    }
}

/// Replies on who moved on one board between two moments.
async fn moves(reads: &LogReads, between: &Between, questions: &[&Question]) -> Result<Vec<Reply>, ReadError> {
    let movers = questions.iter().filter_map(|question| match question {
        Question::Moves { subject, after, limit, .. } => Some((*subject, *after, *limit)),
        Question::Rows { .. } | Question::Count(_) | Question::Key { .. } | Question::Traces { .. } => None,
    });
    let movers: Vec<Mover> = movers.collect();
    let found = moved::events(&reads.pool, &reads.boards(between.to)?, between, &movers).await?;
    Ok(found.into_iter().map(Reply::Positions).collect())
}

/// A union that is being put together: each part tells first which question it is of.
#[derive(Default)]
struct Union {
    statement: Statement,
    parts: i32,
    columns: &'static [Column],
    /// The names and the order of what is answered.
    order: Option<(String, String)>,
}

impl Union {
    fn sql(&self) -> &str {
        &self.statement.sql
    }

    fn add(&mut self, reads: &LogReads, question: &Question, at: Position) -> Result<(), ReadError> {
        let (number, statement) = (self.parts, &mut self.statement);
        self.parts += 1;
        let begins = if number == 0 { "" } else { " union all " };
        match question {
            Question::Rows { plan, columns, key } => {
                let names = select::names(columns);
                statement.push(&format!("{begins}select {number} as asked, {names} from ("));
                let table = reads.table(plan.table, at)?;
                let order = select::of_plan(statement, &table, plan, columns, *key, at)?;
                statement.push(&format!(") as part_{number}"));
                (self.columns, self.order) = (*columns, Some((names, order)));
            }
            Question::Count(plan) => {
                let (table, place) = reads.serving(plan.table, at)?;
                statement.push(begins);
                select::held(statement, &format!("{number}, count(*)"), &table, at);
                select::conditions(statement, &plan.conditions, place.columns)?;
            }
            Question::Key { table, key, after, limit } => {
                let (table, place) = reads.serving(table, at)?;
                statement.push(&format!("{begins}select {number} as asked, p from ("));
                lineage::of_key(statement, &table, &place, key, (*after, at), *limit);
                statement.push(&format!(") as part_{number}"));
                self.order = Some(("p".to_owned(), "p".to_owned()));
            }
            Question::Traces { traces, after, limit } => {
                statement.push(&format!("{begins}select {number} as asked, p from ("));
                lineage::of_traces(statement, traces, |name| reads.serving(name, at), (*after, at), *limit)?;
                statement.push(&format!(") as part_{number}"));
                self.order = Some(("p".to_owned(), "p".to_owned()));
            }
            Question::Moves { .. } => return Err(failed("who moved is asked in a statement of its own")),
        }
        Ok(())
    }
}

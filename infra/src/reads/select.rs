//! Selections as SQL: rows as of a position, a total order, keyset pages.

use graphql::ports::ReadError;
use projections::cell::{Cell, Column, Kind};
use projections::select::{Condition, Order, Plan};
use sqlx::PgPool;
use sqlx::postgres::PgArguments;

use crate::fold::cells::{Binding, bind_array, bind_one, read};
use domain::stream::Position;

/// A statement being put together: SQL and the cells bound to it.
#[derive(Default)]
pub struct Statement {
    /// The SQL so far.
    pub sql: String,
    bound: Vec<(Kind, Bound)>,
}

enum Bound {
    One(Cell),
    Many(Vec<Cell>),
}

/// A read that cannot be put into SQL, or that the database fails.
pub fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ReadError {
    ReadError::Failed(error.into())
}

impl Statement {
    /// Adds SQL as it is.
    pub fn push(&mut self, sql: &str) -> &mut Self {
        self.sql += sql;
        self
    }

    /// Binds a cell; answers its placeholder.
    pub fn bind(&mut self, kind: Kind, cell: Cell) -> String {
        self.bound.push((kind, Bound::One(cell)));
        format!("${}", self.bound.len())
    }

    /// Binds a number; one beyond what PostgreSQL counts to as the largest it knows.
    pub fn number(&mut self, number: u64) -> String {
        self.bind(Kind::Int, Cell::Int(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    /// Binds cells as an array; answers its placeholder.
    pub fn bind_many(&mut self, kind: Kind, cells: Vec<Cell>) -> String {
        self.bound.push((kind, Bound::Many(cells)));
        format!("${}", self.bound.len())
    }

    /// The query with everything bound, for once: its text is of what was asked together, and hardly comes again.
    pub fn once(&self) -> Binding<'_> {
        self.query().persistent(false)
    }

    /// The query with everything bound.
    pub fn query(&self) -> Binding<'_> {
        let query: sqlx::query::Query<'_, sqlx::Postgres, PgArguments> = crate::sql::query(&self.sql);
        self.bound.iter().fold(query, |query, (kind, bound)| match bound {
            Bound::One(cell) => bind_one(query, *kind, cell),
            Bound::Many(cells) => bind_array(query, *kind, &cells.iter().collect::<Vec<_>>()),
        })
    }
}

fn column<'c>(columns: &'c [Column], name: &str) -> Result<&'c Column, ReadError> {
    columns.iter().find(|column| column.name == name).ok_or_else(|| failed(format!("there is no column {name}")))
}

/// The conditions of a plan, each after ` and `.
///
/// # Errors
/// [`ReadError::Failed`] for a column that is not there.
pub fn conditions(statement: &mut Statement, conditions: &[Condition], columns: &[Column]) -> Result<(), ReadError> {
    for condition in conditions {
        let (name, operator, cell) = match condition {
            Condition::Equals(name, cell) => (name, "=", cell),
            Condition::Above(name, cell) => (name, ">", cell),
            Condition::From(name, cell) => (name, ">=", cell),
            Condition::Before(name, cell) => (name, "<", cell),
            Condition::OneOf(name, cells) => {
                let many = statement.bind_many(column(columns, name)?.kind, cells.clone());
                statement.push(&format!(" and {name} = any({many})"));
                continue;
            }
            Condition::AboveTimes(name, cell, times) => {
                let (of, times) = (column(columns, name)?, column(columns, times)?.name);
                let each = statement.bind(of.kind, cell.clone());
                statement.push(&format!(" and {name} > {each} * {times}"));
                continue;
            }
            Condition::Cover(name, date) => {
                let name = column(columns, name)?.name;
                let date = statement.bind(Kind::Date, date.clone());
                statement.push(&format!(
                    " and exists (select 1 from unnest(string_to_array({name}, ' ')) as spell \
                     where split_part(spell, '/', 1)::date <= {date} \
                     and coalesce(nullif(split_part(spell, '/', 2), '')::date > {date}, true))"
                ));
                continue;
            }
            Condition::Known(name) => {
                statement.push(&format!(" and {} is not null", column(columns, name)?.name));
                continue;
            }
        };
        let one = statement.bind(column(columns, name)?.kind, cell.clone());
        statement.push(&format!(" and {name} {operator} {one}"));
    }
    Ok(())
}

/// What follows a place in an order, as one condition. Nothing comes last in either direction.
fn follows(statement: &mut Statement, order: &[(&Column, Order)], after: &[Cell]) -> String {
    let (Some(((column, direction), rest)), Some((cell, cells))) = (order.split_first(), after.split_first()) else {
        return "false".to_owned();
    };
    let name = column.name;
    let further = follows(statement, rest, cells);
    if *cell == Cell::Null {
        return format!("({name} is null and {further})");
    }
    let here = statement.bind(column.kind, cell.clone());
    let operator = match direction {
        Order::Ascending => ">",
        Order::Descending => "<",
    };
    let last = if column.nullable { format!(" or {name} is null") } else { String::new() };
    format!("({name} {operator} {here}{last} or ({name} = {here} and {further}))")
}

/// Rows asked for by their whole keys: what holds is the last version begun, so with the latest first no earlier ones
/// are looked at, however many there are.
enum WholeKey<'p> {
    /// One key.
    One,
    /// Some values of a key of one column.
    Many(&'static str, &'p [Cell]),
}

fn by_whole_key<'p>(plan: &'p Plan, key: &[Column]) -> Option<WholeKey<'p>> {
    let said = |column: &Column| {
        plan.conditions.iter().any(|said| matches!(said, Condition::Equals(name, _) if *name == column.name))
    };
    let many = plan.conditions.iter().find_map(|said| match (said, key) {
        (Condition::OneOf(name, cells), [only]) if *name == only.name => Some(WholeKey::Many(name, cells)),
        _other => None,
    });
    if key.iter().all(said) { Some(WholeKey::One) } else { many }
}

/// Puts a plan on a table as of a position into a statement; answers the order of its rows.
///
/// # Errors
/// [`ReadError::Failed`] for a column that is not there.
pub fn of_plan(
    statement: &mut Statement,
    table: &str,
    plan: &Plan,
    columns: &'static [Column],
    key: usize,
    at: Position,
) -> Result<String, ReadError> {
    let order = ordered(plan, columns, key)?;
    let names = names(columns);
    let whole = by_whole_key(plan, &columns[..key]);
    match whole {
        Some(WholeKey::Many(name, cells)) => {
            let keys = statement.bind_many(column(columns, name)?.kind, cells.to_vec());
            statement.push(&format!(
                "select {names} from (select distinct unnest({keys}) as sought) as k cross join lateral ("
            ));
            held(statement, "*", table, at);
            statement.push(&format!(" and {name} = k.sought order by from_position desc limit 1) as t where true"));
        }
        Some(WholeKey::One) | None => held(statement, &names, table, at),
    }
    conditions(statement, &plan.conditions, columns)?;
    if let Some(after) = &plan.after {
        let follows = follows(statement, &order, after);
        statement.push(&format!(" and {follows}"));
    }
    let ordered = order.iter().map(|(column, direction)| match (direction, column.nullable) {
        (Order::Ascending, _) => format!("{} nulls last", column.name),
        // An index read backwards has the nulls first, so it serves only where there are none.
        (Order::Descending, true) => format!("{} desc nulls last", column.name),
        (Order::Descending, false) => format!("{} desc", column.name),
    });
    let ordered = ordered.collect::<Vec<_>>().join(", ");
    let latest = if let Some(WholeKey::One) = whole { ", from_position desc" } else { "" };
    let limit = statement.number(plan.limit as u64);
    statement.push(&format!(" order by {ordered}{latest} limit {limit}"));
    Ok(ordered)
}

fn ordered(plan: &Plan, columns: &'static [Column], key: usize) -> Result<Vec<(&'static Column, Order)>, ReadError> {
    let named = plan.order.iter().map(|(name, direction)| Ok((column(columns, name)?, *direction)));
    let keyed = columns.iter().take(key).map(|column| Ok((column, Order::Ascending)));
    named.chain(keyed).collect()
}

/// The names of columns, as SQL.
#[must_use]
pub fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// Runs a plan on a table as of a position.
///
/// # Errors
/// [`ReadError::Failed`].
pub async fn rows(
    pool: &PgPool,
    table: &str,
    plan: &Plan,
    columns: &'static [Column],
    key: usize,
    at: Position,
) -> Result<Vec<Vec<Cell>>, ReadError> {
    let mut statement = Statement::default();
    of_plan(&mut statement, table, plan, columns, key, at)?;
    let rows = statement.query().fetch_all(pool).await.map_err(failed)?;
    rows.iter().map(|row| read(row, columns, 0).map_err(failed)).collect()
}

/// `select … from … where` the row held at a position.
pub fn held(statement: &mut Statement, what: &str, table: &str, at: Position) {
    let at = statement.number(at.0);
    statement.push(&format!("select {what} from {table} where from_position <= {at} and until_position > {at}"));
}

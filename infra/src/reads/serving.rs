//! Where the projections are: which generation serves and how far it is, watched for the readers of a process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::stream::Position;
use graphql::ports::ServingFold;
use projections::cell::Column;
use sqlx::PgPool;
use tokio::sync::{Notify, watch};

use crate::fold::cells::sql_type;
use crate::fold::engine::{Folded, Standing, standings};
use crate::fold::table;
use crate::reach::{Reach, is_out_of_reach};

/// How often the database is asked without a hint: what other processes fold is seen after this at the latest.
const POLL: Duration = Duration::from_millis(100);

/// One projection's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The serving generation.
    pub generation: i64,
    /// The version of the fold that made its rows.
    pub version: i32,
    /// The last position folded.
    pub checkpoint: Position,
    /// Whether its rows have the columns this program reads: another version's may have others.
    pub fits: bool,
    /// Whether they are of this program's version.
    pub ours: bool,
    /// Whether it is on its first fold.
    pub first: bool,
    /// Whether the common position goes by it.
    pub counts: bool,
    /// The columns of its rows, the key first.
    pub columns: &'static [Column],
    /// How many of them are the key.
    pub key: usize,
}

/// Every projection's place, by table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Serving(BTreeMap<&'static str, Place>);

impl Serving {
    /// Every projection's place now.
    ///
    /// # Errors
    /// The database's.
    pub async fn read(pool: &PgPool, projections: &[Arc<dyn Folded>]) -> Result<Self, sqlx::Error> {
        let standings = standings(pool).await?;
        let mut places = BTreeMap::new();
        for projection in projections {
            if let Some(standing) = standings.iter().find(|standing| standing.name == projection.name()) {
                let fits = fits(pool, &**projection, standing).await?;
                places.insert(projection.table(), place(&**projection, standing, fits));
            }
        }
        Ok(Self(places))
    }

    /// A projection's place.
    #[must_use]
    pub fn place(&self, table: &str) -> Option<Place> {
        self.0.get(table).copied()
    }

    /// The version of the fold that serves, by table.
    #[must_use]
    pub fn versions(&self) -> BTreeMap<&'static str, i32> {
        self.0.iter().map(|(table, place)| (*table, place.version)).collect()
    }

    /// The position that every projection has reached. Left aside are those that stopped before an event they cannot
    /// read, are on their first fold, or have rows this program cannot read: they answer for themselves. Where that
    /// is true of all, what all have reached.
    #[must_use]
    pub fn common(&self) -> Position {
        let least = |places: &mut dyn Iterator<Item = &Place>| places.map(|place| place.checkpoint).min();
        let counted = least(&mut self.0.values().filter(|place| place.counts));
        counted.or_else(|| least(&mut self.0.values())).unwrap_or_default()
    }

    /// These places after the last ones: one that was left aside comes in once it is as far as those that were not, so
    /// that the common position does not go back for it. Where none was in, they come in together.
    #[must_use]
    pub fn after(mut self, last: &Self) -> Self {
        let counted = |table: &str| last.place(table).is_some_and(|place| place.counts);
        let stay = self.0.iter().filter(|(table, place)| place.counts && counted(table));
        let others = stay.map(|(_, place)| place.checkpoint).min();
        let some_first = self.0.values().any(|place| place.first);
        for (table, place) in &mut self.0 {
            place.counts &= counted(table) || others.map_or(!some_first, |others| place.checkpoint >= others);
        }
        self
    }
}

fn place(projection: &dyn Folded, standing: &Standing, fits: bool) -> Place {
    let goes_on = fits && standing.stopped.is_none();
    let born = standing.checkpoint >= standing.born;
    Place {
        generation: standing.generation,
        version: standing.version,
        checkpoint: standing.checkpoint,
        fits,
        ours: standing.version == projection.version().cast_signed(),
        first: goes_on && !born,
        counts: goes_on && born,
        columns: projection.columns(),
        key: projection.key(),
    }
}

/// Whether the rows that serve have the columns that this program reads. Its own version's have.
async fn fits(pool: &PgPool, projection: &dyn Folded, standing: &Standing) -> Result<bool, sqlx::Error> {
    if standing.version == projection.version().cast_signed() {
        return Ok(true);
    }
    let (names, types): (Vec<&str>, Vec<&str>) =
        projection.columns().iter().map(|column| (column.name, sql_type(column.kind))).unzip();
    let sql = "select count(*) from unnest($2::text[], $3::text[]) as c(name, type) join pg_attribute a \
               on a.attrelid = to_regclass($1) and a.attname = c.name and a.atttypid = to_regtype(c.type) \
               and not a.attisdropped";
    let table = table::name(projection.table(), standing.generation);
    let found: i64 = crate::sql::query_scalar(sql).bind(table).bind(&names).bind(types).fetch_one(pool).await?;
    Ok(found.unsigned_abs() == names.len() as u64)
}

/// The folds whose rows serve, and since which position, by name.
///
/// # Errors
/// The database's.
pub async fn folds(pool: &PgPool) -> Result<Vec<ServingFold>, sqlx::Error> {
    let sql = "select p.name, p.version, p.generation, coalesce(s.position, 0) from projections p \
               left join projection_switches s on s.name = p.name and s.generation = p.generation order by p.name";
    let rows: Vec<(String, i32, i64, i64)> = crate::sql::query_as(sql).fetch_all(pool).await?;
    let fold = |(name, version, generation, since): (_, _, _, i64)| {
        let since = Position(since.unsigned_abs());
        ServingFold { name, version, generation, since }
    };
    Ok(rows.into_iter().map(fold).collect())
}

/// Keeps `told` current until the process stops: at every hint, and by polling.
pub async fn watch(
    pool: PgPool,
    reach: Arc<Reach>,
    projections: Vec<Arc<dyn Folded>>,
    moved: Arc<Notify>,
    told: watch::Sender<Serving>,
    mut stopping: watch::Receiver<bool>,
) {
    while !*stopping.borrow() {
        let hint = moved.notified();
        match reach.soon(Serving::read(&pool, &projections)).await {
            Ok(serving) => {
                let serving = serving.after(&told.borrow());
                told.send_if_modified(|last| std::mem::replace(last, serving.clone()) != serving);
            }
            Err(error) if is_out_of_reach(&error) => {}
            Err(error) => tracing::warn!(error = %error, "the projections' places cannot be read"),
        }
        tokio::select! {
            () = hint => {}
            () = tokio::time::sleep(POLL) => {}
            _ = stopping.changed() => {}
        }
    }
}

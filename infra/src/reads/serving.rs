//! Where the projections are: which generation serves and how far it is, watched for the readers of a process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::stream::Position;
use graphql::ports::ServingFold;
use projections::cell::Column;
use sqlx::PgPool;
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;

use crate::fold::cells::sql_type;
use crate::fold::engine::{Folded, Standing, standings};
use crate::fold::live::Floor;
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
    /// Whether it stopped before an event.
    pub stopped: bool,
    /// Where the log ended when it came into being.
    pub born: Position,
    /// Whether it is on its first fold.
    pub first: bool,
    /// Whether the common position goes by it.
    pub counts: bool,
    /// The columns of its rows, the key first.
    pub columns: &'static [Column],
    /// How many of them are the key.
    pub key: usize,
}

/// What workers have folded: into which table, of which generation, up to where. Where nothing is named, something else has
/// changed and the database is to be asked.
pub type Moved = Vec<(&'static str, i64, Position)>;

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

    /// Whether nothing folds any more: each has stopped, and reads stay where they are until somebody decides.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        !self.0.is_empty() && self.0.values().all(|place| place.stopped)
    }

    /// Whether any of them goes on: one that stopped, or whose rows this program cannot read, waits for somebody.
    #[must_use]
    pub fn some_go_on(&self) -> bool {
        self.0.values().any(|place| place.counts || place.first)
    }

    /// These places once this was folded. Who folds has rows of its own version and has not stopped.
    #[must_use]
    pub fn moved(mut self, moved: &Moved) -> Self {
        for (table, generation, checkpoint) in moved {
            let place = self.0.get_mut(table).filter(|place| place.generation == *generation);
            if let Some(place) = place.filter(|place| place.checkpoint < *checkpoint) {
                let born = *checkpoint >= place.born;
                (place.checkpoint, place.first, place.counts) = (*checkpoint, place.fits && !born, place.fits && born);
            }
        }
        self
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
        stopped: standing.stopped.is_some(),
        born: standing.born,
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

/// What the places are watched with.
pub struct Watcher {
    /// The database.
    pub pool: PgPool,
    /// Whether it answers.
    pub reach: Arc<Reach>,
    /// The projections.
    pub projections: Vec<Arc<dyn Folded>>,
    /// What this process folds.
    pub moved: mpsc::UnboundedReceiver<Moved>,
    /// Who is told.
    pub told: watch::Sender<Serving>,
    /// True once the process stops.
    pub stopping: watch::Receiver<bool>,
}

impl Watcher {
    /// Of the projections that are folded on this floor.
    #[must_use]
    pub fn of(
        floor: &Floor,
        projections: Vec<Arc<dyn Folded>>,
        moved: mpsc::UnboundedReceiver<Moved>,
        told: watch::Sender<Serving>,
    ) -> Self {
        let (pool, reach, stopping) = (floor.own.clone(), Arc::clone(&floor.reach), floor.stopping.clone());
        Self { pool, reach, projections, moved, told, stopping }
    }

    /// Keeps the places current until the process stops: its own workers say how far they are, what else changes is seen
    /// by asking.
    pub async fn watch(mut self) {
        let mut ask = tokio::time::interval(POLL);
        ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !*self.stopping.borrow() {
            tokio::select! {
                Some(moved) = self.moved.recv() => match moved.is_empty() {
                    true => self.ask().await,
                    false => {
                        let last = self.told.borrow().clone();
                        self.tell(last.moved(&moved));
                    }
                },
                _ = ask.tick() => self.ask().await,
                _ = self.stopping.changed() => {}
            }
        }
    }

    async fn ask(&mut self) {
        match self.reach.soon(Serving::read(&self.pool, &self.projections)).await {
            Ok(mut serving) => {
                // Said meanwhile, perhaps after it was read.
                while let Ok(moved) = self.moved.try_recv() {
                    serving = serving.moved(&moved);
                }
                self.tell(serving);
            }
            Err(error) if is_out_of_reach(&error) => {}
            Err(error) => tracing::warn!(error = %error, "the projections' places cannot be read"),
        }
    }

    fn tell(&self, serving: Serving) {
        let last = self.told.borrow().clone();
        let serving = serving.after(&last);
        self.told.send_if_modified(|last| std::mem::replace(last, serving.clone()) != serving);
    }
}

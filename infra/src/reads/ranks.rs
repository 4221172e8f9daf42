//! Boards whose ranks are kept, as of any position: a page from the leaves that hold it, a rank from a note.

use domain::ledger::Direction;
use domain::stream::Position;
use graphql::ports::ReadError;
use projections::leaderboard::{Board, Place, Ties};
use projections::projection::BOARDS;
use projections::scores::round_score;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use super::select::failed;
use crate::fold::ranks::{Tables, place};

/// A board whose ranks are kept.
pub struct Kept<'a> {
    pool: &'a PgPool,
    tables: &'a Tables,
    board: i64,
    higher: bool,
    at: i64,
}

/// A leaf as of the position, and its low; nothing for the first one.
struct Leaf {
    id: i64,
    low: Option<Place>,
}

/// Where a page goes on from the best down.
enum Next {
    /// In the group of this place, after that subject.
    Group(Place, Option<Uuid>),
    /// Below this place; with the highest where nothing is said.
    Below(Option<Place>),
}

fn same(one: &Place, other: &Place) -> bool {
    (one.number, one.tie) == (other.number, other.tie)
}

fn first_of(group: Place) -> Place {
    Place { subject: Uuid::nil(), ..group }
}

/// The number under which the places of a whole board are kept; of one with few standings there are none.
///
/// # Errors
/// [`ReadError::Failed`].
pub async fn numbered(pool: &PgPool, tables: &Tables, board: &Board) -> Result<Option<i64>, ReadError> {
    let higher = board.better() == Direction::HigherIsBetter;
    if board.ties == Ties::Parted && !(higher && board.metric == round_score()) {
        return Ok(None);
    }
    let (group, number) = board.kept_as();
    let sql = format!("select id from {} where name = $1 and kept", tables.groups);
    let id: Option<i64> = crate::sql::query_scalar(&sql).bind(group).fetch_optional(pool).await.map_err(failed)?;
    Ok(id.map(|id| id * BOARDS + number))
}

impl<'a> Kept<'a> {
    /// The board, where its ranks are kept: not of few standings, not within a subtree.
    pub async fn find(
        pool: &'a PgPool,
        tables: &'a Tables,
        board: &Board,
        at: Position,
    ) -> Result<Option<Self>, ReadError> {
        if board.within.is_some() {
            return Ok(None);
        }
        let higher = board.better() == Direction::HigherIsBetter;
        let at = i64::try_from(at.0).unwrap_or(i64::MAX);
        let number = numbered(pool, tables, board).await?;
        Ok(number.map(|board| Self { pool, tables, board, higher, at }))
    }

    /// The places of a page, each with its rank.
    pub async fn page(&self, after: Option<Place>, limit: usize) -> Result<Vec<(u64, Place)>, ReadError> {
        let mut places = match self.higher {
            true => self.downwards(after, limit).await?,
            false => self.upwards(after, limit).await?,
        };
        places.truncate(limit);
        let mut ranked: Vec<(u64, Place)> = Vec::with_capacity(places.len());
        let (mut groups, mut size) = (0, 0);
        for place in places {
            let last = ranked.last().copied();
            let rank = match last {
                Some((rank, last)) if same(&last, &place) => rank,
                // Of the first group some may be on the page before; of the later ones all are here.
                Some((rank, _)) if groups > 1 => rank + size,
                Some(_) | None => self.ahead(&place).await? + 1,
            };
            if last.is_none_or(|(_, last)| !same(&last, &place)) {
                (groups, size) = (groups + 1, 0);
            }
            size += 1;
            ranked.push((rank, place));
        }
        Ok(ranked)
    }

    async fn downwards(&self, after: Option<Place>, limit: usize) -> Result<Vec<Place>, ReadError> {
        let mut places = Vec::new();
        let mut next = after.map_or(Next::Below(None), |place| Next::Group(place, Some(place.subject)));
        while places.len() < limit {
            next = match next {
                Next::Group(group, after) => {
                    self.group(group, after, limit, &mut places).await?;
                    Next::Below(Some(first_of(group)))
                }
                Next::Below(bound) => {
                    let Some(leaf) = self.leaf_below(bound).await? else { break };
                    let mut found = self.places(&leaf).await?;
                    found.retain(|place| bound.is_none_or(|bound| *place < bound));
                    // A group that may begin in the leaf before is read by itself.
                    let cut = leaf.low.filter(|low| found.iter().any(|place| same(place, low)));
                    found.retain(|place| cut.is_none_or(|low| !same(place, &low)));
                    found.sort_unstable_by(|one, other| {
                        (other.number, other.tie).cmp(&(one.number, one.tie)).then(one.subject.cmp(&other.subject))
                    });
                    places.extend(found);
                    match (cut, leaf.low) {
                        (Some(low), _) => Next::Group(low, None),
                        (None, Some(low)) => Next::Below(Some(low)),
                        (None, None) => break,
                    }
                }
            };
        }
        Ok(places)
    }

    /// Those of a group after a subject, in order, until there are enough.
    async fn group(
        &self,
        group: Place,
        after: Option<Uuid>,
        limit: usize,
        places: &mut Vec<Place>,
    ) -> Result<(), ReadError> {
        let mut from = Place { subject: after.unwrap_or_default(), ..group };
        while let Some(leaf) = self.leaf_of(Some(from)).await? {
            let mut found = self.places(&leaf).await?;
            found.retain(|place| same(place, &group) && after.is_none_or(|after| place.subject > after));
            places.extend(found);
            match self.low_after(&leaf).await?.filter(|low| places.len() < limit && same(low, &group)) {
                Some(low) => from = low,
                None => break,
            }
        }
        Ok(())
    }

    async fn upwards(&self, after: Option<Place>, limit: usize) -> Result<Vec<Place>, ReadError> {
        let (mut places, mut from) = (Vec::new(), after);
        while let Some(leaf) = self.leaf_of(from).await? {
            let found = self.places(&leaf).await?;
            places.extend(found.into_iter().filter(|place| after.is_none_or(|after| *place > after)));
            match self.low_after(&leaf).await?.filter(|_| places.len() < limit) {
                Some(low) => from = Some(low),
                None => break,
            }
        }
        Ok(places)
    }

    /// The leaf that covers a place, the first one for nothing.
    async fn leaf_of(&self, place: Option<Place>) -> Result<Option<Leaf>, ReadError> {
        let reached = "(low_number, low_tie, low_subject) <= \
                       (coalesce($1, '-infinity'), coalesce($2, '-infinity'), coalesce($3, $4))";
        self.leaf(reached, "desc", place).await
    }

    /// The leaf before a place, the last one for nothing.
    async fn leaf_below(&self, place: Option<Place>) -> Result<Option<Leaf>, ReadError> {
        let reached =
            "($1 is null or (low_number, low_tie, low_subject) < ($1, coalesce($2, '-infinity'), coalesce($3, $4)))";
        self.leaf(reached, "desc", place).await
    }

    /// Where the next leaf begins.
    async fn low_after(&self, leaf: &Leaf) -> Result<Option<Place>, ReadError> {
        let reached = "(low_number, low_tie, low_subject) > \
                       (coalesce($1, '-infinity'), coalesce($2, '-infinity'), coalesce($3, $4))";
        Ok(self.leaf(reached, "asc", leaf.low).await?.and_then(|leaf| leaf.low))
    }

    async fn leaf(&self, reached: &str, way: &str, place: Option<Place>) -> Result<Option<Leaf>, ReadError> {
        let reached = match place {
            Some(_) => reached.replace("$1 is null or ", ""),
            None => reached.replace("$1", "$1::numeric"),
        };
        let sql = format!(
            "select nullif(low_number, '-infinity'), nullif(low_tie, '-infinity'), low_subject, leaf from {} \
             where board = $5 and {reached} and from_position <= $6 and until_position > $6 \
             order by low_number {way}, low_tie {way}, low_subject {way} limit 1",
            self.tables.leaves,
        );
        let query =
            crate::sql::query(&sql).bind(place.map(|place| place.number)).bind(place.and_then(|place| place.tie));
        let query = query.bind(place.map(|place| place.subject)).bind(Uuid::nil()).bind(self.board).bind(self.at);
        let row = query.fetch_optional(self.pool).await.map_err(failed)?;
        row.as_ref().map(leaf).transpose().map_err(failed)
    }

    /// The places in a leaf, in order.
    async fn places(&self, leaf: &Leaf) -> Result<Vec<Place>, ReadError> {
        let sql = format!(
            "select number, nullif(tie, '-infinity'), subject from {} \
             where board = $1 and leaf = $2 and from_position <= $3 and until_position > $3",
            self.tables.places,
        );
        let query = crate::sql::query(&sql).bind(self.board).bind(leaf.id).bind(self.at);
        let rows = query.fetch_all(self.pool).await.map_err(failed)?;
        let mut places = rows.iter().map(place).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        places.sort_unstable();
        Ok(places)
    }

    /// How many are strictly ahead of a place.
    pub async fn ahead(&self, place: &Place) -> Result<u64, ReadError> {
        Ok(self.all_ahead(std::slice::from_ref(place)).await?.first().copied().unwrap_or_default())
    }

    /// How many are strictly ahead of each of these places: what the last note has in the leaves before, what is in its
    /// leaf, and what changed since.
    pub async fn all_ahead(&self, of: &[Place]) -> Result<Vec<u64>, ReadError> {
        // Where more is better, everybody is counted but those at or below the place.
        let (operator, last) = match self.higher {
            true => ("<=", Uuid::max()),
            false => ("<", Uuid::nil()),
        };
        let apart = format!("(number, tie) {operator} (k.place, k.key)");
        let sql = format!(
            "with step as materialized (select position, leaves, before, total from {steps} \
             where board = $1 and position <= $2 order by position desc limit 1), \
             since as materialized (select number, tie, 1 as more from {places}, step where board = $1 \
             and from_position > position and from_position <= $2 \
             union all select number, tie, -1 from {places}, step where board = $1 \
             and until_position > position and until_position <= $2) \
             select total + (select coalesce(sum(more), 0) from since), \
             before[array_position(leaves, l.leaf)] + (select count(*) from {places} p where board = $1 \
             and leaf = l.leaf and from_position <= position and until_position > position and {apart}) \
             + (select coalesce(sum(more), 0) from since where {apart}) \
             from (select place, coalesce(key, '-infinity') as key, nr \
             from unnest($3::numeric[], $4::numeric[]) with ordinality as k(place, key, nr)) as k cross join step \
             cross join lateral (select leaf from {leaves} where board = $1 \
             and (low_number, low_tie, low_subject) <= (k.place, k.key, $5) \
             and from_position <= position and until_position > position \
             order by low_number desc, low_tie desc, low_subject desc limit 1) as l order by k.nr",
            steps = self.tables.steps,
            places = self.tables.places,
            leaves = self.tables.leaves,
        );
        let query = crate::sql::query_as(&sql).bind(self.board).bind(self.at);
        let query = query.bind(of.iter().map(|place| place.number).collect::<Vec<_>>());
        let query = query.bind(of.iter().map(|place| place.tie).collect::<Vec<_>>()).bind(last);
        let counted: Vec<(i64, i64)> = query.fetch_all(self.pool).await.map_err(failed)?;
        if counted.len() != of.len() {
            return Err(failed("a board has no leaf"));
        }
        let ahead = |(all, counted): (i64, i64)| (if self.higher { all - counted } else { counted }).unsigned_abs();
        Ok(counted.into_iter().map(ahead).collect())
    }
}

fn leaf(row: &PgRow) -> Result<Leaf, sqlx::Error> {
    let number = row.try_get::<Option<rust_decimal::Decimal>, _>(0)?;
    let low = number.map(|_| place(row)).transpose()?;
    Ok(Leaf { id: row.try_get(3)?, low })
}

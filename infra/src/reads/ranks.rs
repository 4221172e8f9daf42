//! Boards whose ranks are kept, as of any position: a page from the leaves that hold it, a rank from a note.

use domain::ledger::Direction;
use domain::stream::Position;
use graphql::ports::ReadError;
use projections::cell::{Cell, Kind};
use projections::leaderboard::{Board, Place, Ties};
use projections::projection::BOARDS;
use projections::scores::round_score;
use sqlx::PgPool;
use uuid::Uuid;

use super::select::{Statement, failed};
use crate::fold::ranks::{ENDS, Tables, end};

/// A board whose ranks are kept.
pub struct Kept<'a> {
    pool: &'a PgPool,
    tables: &'a Tables,
    board: i64,
    higher: bool,
    at: i64,
}

/// What a leaf covers as of the position, and what is wanted of the places in it.
struct Leaf {
    low: Option<Place>,
    high: Option<Place>,
    places: Vec<Place>,
}

/// Which leaf is wanted.
#[derive(Clone, Copy)]
enum At {
    /// The one that covers a place; the first one for nothing.
    Covering(Option<Place>),
    /// The one that ends after what is before a place; the last one for nothing.
    Before(Option<Place>),
}

/// Which places of a leaf are wanted.
#[derive(Clone, Copy)]
enum Wanted {
    /// What is before a place, or all, the highest first.
    Downwards(Option<Place>),
    /// What is after a place, or all, the lowest first.
    Upwards(Option<Place>),
    /// Those level with a place after its subject, or with all subjects.
    Level(Place, Option<Uuid>),
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
    let (_, number) = board.kept_as();
    Ok(group(pool, tables, board).await?.map(|id| id * BOARDS + number))
}

/// The number of a board's group, where its boards are kept.
///
/// # Errors
/// [`ReadError::Failed`].
pub async fn group(pool: &PgPool, tables: &Tables, board: &Board) -> Result<Option<i64>, ReadError> {
    let (group, _) = board.kept_as();
    let sql = format!("select id from {} where name = $1 and kept", tables.groups);
    crate::sql::query_scalar(&sql).bind(group).fetch_optional(pool).await.map_err(failed)
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

    /// The places of a page.
    pub async fn page(&self, after: Option<Place>, limit: usize) -> Result<Vec<Place>, ReadError> {
        match self.higher {
            true => self.downwards(after, limit).await,
            false => self.upwards(after, limit).await,
        }
    }

    /// The ranks of the places of a page.
    pub async fn ranked(&self, places: &[Place]) -> Result<Vec<u64>, ReadError> {
        let begins = |number: usize| number == 0 || !same(&places[number - 1], &places[number]);
        let groups: Vec<usize> = (0..places.len()).filter(|number| begins(*number)).collect();
        // Of the first group some may be on the page before; of the later ones all are here.
        let first: Vec<Place> = groups.iter().take(2).map(|number| places[*number]).collect();
        let ahead = if first.is_empty() { vec![] } else { self.all_ahead(&first).await? };
        let mut ranks = Vec::with_capacity(places.len());
        for (group, begin) in groups.iter().enumerate() {
            let end = groups.get(group + 1).copied().unwrap_or(places.len());
            let rank = match (ahead.get(group), groups.get(1)) {
                (Some(ahead), _) => ahead + 1,
                (None, Some(second)) => ahead[1] + 1 + (begin - second) as u64,
                (None, None) => return Err(failed("a page has places in no group")),
            };
            ranks.extend(std::iter::repeat_n(rank, end - begin));
        }
        Ok(ranks)
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
                    let rest = limit - places.len();
                    let Some(leaf) = self.leaf(At::Before(bound), Wanted::Downwards(bound), rest).await? else { break };
                    let full = leaf.places.len() == rest;
                    places.extend(leaf.places);
                    let Some(low) = leaf.low else { break };
                    // A group that may begin in the leaf before is read by itself.
                    let whole = places.len();
                    places.retain(|place| !same(place, &low));
                    match (places.len() < whole, full) {
                        (true, _) => Next::Group(low, None),
                        (false, true) => break,
                        (false, false) => Next::Below(Some(low)),
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
        let wanted = Wanted::Level(group, after);
        while let Some(leaf) = self.leaf(At::Covering(Some(from)), wanted, limit - places.len()).await? {
            places.extend(leaf.places);
            match leaf.high.filter(|high| places.len() < limit && same(high, &group)) {
                Some(high) => from = high,
                None => break,
            }
        }
        Ok(())
    }

    async fn upwards(&self, after: Option<Place>, limit: usize) -> Result<Vec<Place>, ReadError> {
        let (mut places, mut from) = (Vec::new(), after);
        let wanted = Wanted::Upwards(after);
        while let Some(leaf) = self.leaf(At::Covering(from), wanted, limit - places.len()).await? {
            places.extend(leaf.places);
            match leaf.high.filter(|_| places.len() < limit) {
                Some(high) => from = Some(high),
                None => break,
            }
        }
        Ok(places)
    }

    /// A leaf with what is wanted of it, so many places at most.
    async fn leaf(&self, at: At, wanted: Wanted, most: usize) -> Result<Option<Leaf>, ReadError> {
        let mut statement = Statement::default();
        let (board, position) = (statement.number(self.board.unsigned_abs()), statement.number(self.at.unsigned_abs()));
        let (place, [low, high]) = match at {
            At::Covering(place) => (bound(&mut statement, place, "-infinity"), ["<=", ">"]),
            At::Before(place) => (bound(&mut statement, place, "infinity"), ["<", ">="]),
        };
        let (than, held) = (place.join(", "), holding(&board, &place[0], &position));
        let (leaves, places) = (&self.tables.leaves, &self.tables.places);
        statement.push(&format!(
            "with leaf as materialized (select * from {leaves} where {held} \
             and (low_number, low_tie, low_subject) {low} ({than}) and (high_number, high_tie, high_subject) {high} ({than}) \
             limit 1) select {ENDS}, p.* from leaf left join lateral (select number, nullif(tie, '-infinity'), subject \
             from {places} p where p.board = {board} and p.leaf = leaf.leaf and p.from_position <= {position} \
             and p.until_position > {position}",
        ));
        let order = match wanted {
            Wanted::Downwards(place) => {
                let than = bound(&mut statement, place, "infinity").join(", ");
                statement.push(&format!(" and (number, tie, subject) < ({than})"));
                "number desc, tie desc, subject"
            }
            Wanted::Upwards(place) => {
                let than = bound(&mut statement, place, "-infinity").join(", ");
                statement.push(&format!(" and (number, tie, subject) > ({than})"));
                "number, tie, subject"
            }
            Wanted::Level(group, after) => {
                let [number, tie, _] = bound(&mut statement, Some(group), "");
                statement.push(&format!(" and number = {number} and tie = {tie}"));
                if let Some(after) = after {
                    let after = statement.bind(Kind::Uuid, Cell::Uuid(after));
                    statement.push(&format!(" and subject > {after}"));
                }
                "subject"
            }
        };
        let most = statement.number(most as u64);
        statement.push(&format!(" order by {order} limit {most}) as p on true"));
        let rows = statement.query().fetch_all(self.pool).await.map_err(failed)?;
        let Some(first) = rows.first() else { return Ok(None) };
        let (low, high) = (end(first, 0).map_err(failed)?, end(first, 3).map_err(failed)?);
        let places: Vec<Option<Place>> =
            rows.iter().map(|row| end(row, 6)).collect::<Result<_, _>>().map_err(failed)?;
        Ok(Some(Leaf { low, high, places: places.into_iter().flatten().collect() }))
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
             cross join lateral (select leaf from {leaves} where {holding} \
             and (low_number, low_tie, low_subject) <= (k.place, k.key, $5) \
             and (high_number, high_tie, high_subject) > (k.place, k.key, $5) limit 1) as l order by k.nr",
            holding = holding("$1", "k.place", "step.position"),
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

/// What picks the leaves whose numbers hold a number as of a position, in the terms of their index.
fn holding(board: &str, number: &str, position: &str) -> String {
    format!(
        "int8range(board, board, '[]') @> {board} and numrange(low_number, high_number, '[]') @> {number} \
         and int8range(from_position, until_position) @> {position}"
    )
}

/// Number, tie key and subject of a place as SQL; an end of the board for nothing.
fn bound(statement: &mut Statement, place: Option<Place>, edge: &str) -> [String; 3] {
    let least = "'-infinity'::numeric".to_owned();
    let Some(place) = place else {
        return [format!("'{edge}'::numeric"), least, format!("'{}'::uuid", Uuid::nil())];
    };
    let number = statement.bind(Kind::Decimal, Cell::Decimal(place.number));
    let tie = place.tie.map_or(least, |tie| statement.bind(Kind::Decimal, Cell::Decimal(tie)));
    [number, tie, statement.bind(Kind::Uuid, Cell::Uuid(place.subject))]
}

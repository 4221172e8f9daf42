//! Who moved on a leaderboard between two moments.
//!
//! # Rules
//! - Whoever stands at both moments with the same number, and where ties are parted with the same tie key, has not moved:
//!   who was only overtaken is told by the ranks of those who did.
//! - Whoever came onto the board or left it has moved, also by coming into its branches or leaving them.
//! - Shown as the board at the later moment shows them; who is gone comes last, in the order of the board before.
//!
//! # Not here
//! Reading (infra) and what the events behind a move say.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use domain::stream::Position;
use uuid::Uuid;

use crate::leaderboard::{Board, Place, Ties};
use crate::standings::StandingRow;

/// A board at two moments: it ranks the same subjects, in the same metric and period, by the same number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Between {
    /// The board as it was at the earlier moment.
    pub before: Board,
    /// The earlier moment.
    pub from: Position,
    /// The board as it was at the later moment.
    pub after: Board,
    /// The later moment.
    pub to: Position,
}

/// Who moved, with rank and standing at each moment; nothing where it was not on the board.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved<R> {
    /// The member or branch.
    pub subject: Uuid,
    /// Rank and standing at the earlier moment.
    pub before: Option<(u64, R)>,
    /// Rank and standing at the later moment.
    pub after: Option<(u64, R)>,
}

/// Where a move is shown among the others: those who are gone come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Whether it is gone from the board.
    pub gone: bool,
    /// Its place at the later moment; of one who is gone that at the earlier.
    pub place: Place,
}

impl Between {
    /// The board that tells places apart as either of the two does.
    #[must_use]
    pub fn order(&self) -> Board {
        let parted = [self.before.ties, self.after.ties].contains(&Ties::Parted);
        Board { ties: if parted { Ties::Parted } else { Ties::Shared }, ..self.after.clone() }
    }

    /// Where a move is shown.
    #[must_use]
    pub fn turn(&self, moved: &Moved<StandingRow>) -> Option<Turn> {
        let (gone, (_, row)) = match (&moved.before, &moved.after) {
            (_, Some(after)) => (false, after),
            (Some(before), None) => (true, before),
            (None, None) => return None,
        };
        self.order().place(row).map(|place| Turn { gone, place })
    }

    /// Which of two turns is shown first.
    #[must_use]
    pub fn shown(&self, one: &Turn, other: &Turn) -> Ordering {
        one.gone.cmp(&other.gone).then_with(|| self.order().shown(&one.place, &other.place))
    }

    /// Who moved between the whole board before and the whole board after: what any faster way must equal.
    #[must_use]
    pub fn moves(
        &self,
        before: Vec<(u64, StandingRow)>,
        after: Vec<(u64, StandingRow)>,
    ) -> Vec<(Turn, Moved<StandingRow>)> {
        let [before, after] = [before, after]
            .map(|rows| rows.into_iter().map(|ranked| (ranked.1.subject, ranked)).collect::<BTreeMap<_, _>>());
        let subjects: BTreeSet<Uuid> = before.keys().chain(after.keys()).copied().collect();
        let order = self.order();
        let place = |ranked: &Option<(u64, StandingRow)>| ranked.as_ref().and_then(|(_, row)| order.place(row));
        let moved = subjects.into_iter().map(|subject| Moved {
            subject,
            before: before.get(&subject).cloned(),
            after: after.get(&subject).cloned(),
        });
        let moved = moved.filter(|moved| place(&moved.before) != place(&moved.after));
        let mut moved: Vec<_> = moved.filter_map(|moved| Some((self.turn(&moved)?, moved))).collect();
        moved.sort_by(|(one, _), (other, _)| self.shown(one, other));
        moved
    }
}

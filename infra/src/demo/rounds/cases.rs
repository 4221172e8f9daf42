//! What is out of the ordinary in the demo's rounds, written down: each case in one round, and who is called to a talk.

use domain::member::Post;

use crate::demo::people::Person;
use crate::demo::tree::OPENING;

/// What happens in a round besides the ordinary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// Half of the peers at most take part: the group is void and votes again.
    Repeats,
    /// More ballots of peers come back than were handed out: the group is void and votes again.
    Surplus,
    /// Two counts differ at first and are settled.
    Recounts,
    /// So many do not know somebody that the answers are fewer than the anonymity threshold.
    Unsure,
    /// An appeal is right: a mark was entered wrongly.
    Upheld,
    /// An appeal is not right, and answered too late.
    RefusedLate,
    /// Ballots were miscounted, which is found without an appeal.
    Corrected,
    /// The committee decides other than proposed.
    DecidedOtherwise,
    /// A leader marks somebody again before the close.
    MarkedAgain,
    /// A round is drafted for branches that do not belong together, and annulled.
    Annulled,
    /// Everybody is marked anew.
    Reopened,
}

/// The case of the n-th round of a quarter among those with ballots, or among those without.
#[must_use]
pub fn of(quarter: i8, ballots: bool, nth: usize) -> Option<Case> {
    match (quarter, ballots, nth) {
        (1, true, 0) => Some(Case::Repeats),
        (1, true, 1) => Some(Case::Recounts),
        (1, true, 2) => Some(Case::Unsure),
        (1, false, 2) => Some(Case::Upheld),
        (1, false, 4) => Some(Case::RefusedLate),
        (2, true, 0) => Some(Case::Surplus),
        (2, true, 1) => Some(Case::Corrected),
        (2, false, 3) => Some(Case::DecidedOtherwise),
        (2, false, 5) => Some(Case::MarkedAgain),
        (3, false, 1) => Some(Case::Annulled),
        (3, false, 4) => Some(Case::Reopened),
        _ => None,
    }
}

/// What happens in a yearly round besides the ordinary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum YearCase {
    /// An appeal is right: a result of a month left something out. It is corrected, and the year computed anew.
    Recomputed,
    /// An appeal is not right.
    Refused,
}

/// The case of the n-th yearly round.
#[must_use]
pub fn of_year(nth: usize) -> Option<YearCase> {
    match nth {
        2 => Some(YearCase::Recomputed),
        5 => Some(YearCase::Refused),
        _ => None,
    }
}

/// Who is called to a talk by rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Laggard {
    /// Under 60 in the first quarter.
    Low,
    /// In the last tenth of the first quarter and of the second.
    LastTwice,
    /// Under 60 in the third quarter, for a reason: the talk is declined.
    Excused,
}

impl Laggard {
    /// The place among everybody: staff to whom nothing else happens, each in another branch.
    #[must_use]
    pub fn place(self, people: &[Person]) -> usize {
        let (remainder, from) = match self {
            Self::Low => (3, 200),
            Self::LastTwice => (3, 320),
            Self::Excused => (0, 480),
        };
        let settled = |person: &Person| {
            let calm = person.changes.is_empty() && person.off.is_none() && person.left.is_none();
            let formal = person.probation_until.is_none() && person.recorded == OPENING;
            calm && formal && person.post == Post::Staff && person.cadre_on.is_none()
        };
        (from..people.len()).find(|at| at % 4 == remainder && settled(&people[*at])).unwrap_or(from)
    }
}

/// The level of somebody who is called to a talk.
#[must_use]
pub fn level(people: &[Person], at: usize, quarter: i8) -> Option<u32> {
    let is = |laggard: Laggard| laggard.place(people) == at;
    match quarter {
        1 if is(Laggard::Low) => Some(54),
        1 | 2 if is(Laggard::LastTwice) => Some(66),
        3 if is(Laggard::Excused) => Some(55),
        _ => None,
    }
}

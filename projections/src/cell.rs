//! Cells and columns: how typed rows meet a table.

use domain::amount::Amount;
use domain::branch::{SixS, Verdict};
use domain::id::*;
use domain::period::Period;
use domain::text::{MetricCode, Sealed, Title};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// The kinds of column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An identity.
    Uuid,
    /// Text in any script, compared by bytes.
    Text,
    /// A count, a number of minutes, a position.
    Int,
    /// An exact decimal.
    Decimal,
    /// A business date.
    Date,
    /// An instant, to the microsecond.
    Instant,
    /// Yes or no.
    Flag,
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// Nothing.
    Null,
    /// An identity.
    Uuid(Uuid),
    /// Text.
    Text(String),
    /// A count.
    Int(i64),
    /// An exact decimal; equal numbers are equal whatever their trailing zeros.
    Decimal(Decimal),
    /// A business date.
    Date(Date),
    /// An instant.
    Instant(Timestamp),
    /// Yes or no.
    Flag(bool),
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Column {
    /// Its name, also in SQL.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Whether it can be empty.
    pub nullable: bool,
}

/// A Rust type that a column holds.
pub trait ColumnType: Sized {
    /// Its kind.
    const KIND: Kind;
    /// Whether it can be empty.
    const NULLABLE: bool = false;
    /// The cell of a value.
    fn to_cell(&self) -> Cell;
    /// The value of a cell; nothing when the cell is of another kind or says nothing this build knows.
    fn from_cell(cell: Cell) -> Option<Self>;
}

macro_rules! plain {
    ($($kind:ident: $ty:ty, $to:expr, $from:expr;)*) => {$(
        impl ColumnType for $ty {
            const KIND: Kind = Kind::$kind;
            fn to_cell(&self) -> Cell {
                Cell::$kind($to(self))
            }
            fn from_cell(cell: Cell) -> Option<Self> {
                if let Cell::$kind(value) = cell { $from(value) } else { None }
            }
        }
    )*};
}

macro_rules! id_columns {
    ($($ty:ident),* $(,)?) => { plain! { $(Uuid: $ty, |id: &$ty| id.0, |uuid| Some($ty(uuid));)* } };
}

plain! {
    Uuid: Uuid, |id: &Uuid| *id, Some;
    Text: String, |text: &String| text.clone(), Some;
    Int: i64, |number: &i64| *number, Some;
    Decimal: Decimal, |number: &Decimal| number.normalize(), Some;
    Date: Date, |date: &Date| *date, Some;
    Instant: Timestamp, |at: &Timestamp| *at, Some;
    Flag: bool, |flag: &bool| *flag, Some;
    Decimal: Amount, |amount: &Amount| amount.decimal(), |number| Amount::new(number).ok();
    Text: Period, |period: &Period| period.to_string(), |text: String| text.parse().ok();
    Text: MetricCode, |code: &MetricCode| code.to_string(), |text: String| text.parse().ok();
    Text: Title, |title: &Title| title.to_string(), |text: String| Title::new("title", &text).ok();
    Text: Sealed, |sealed: &Sealed| sealed.0.clone(), |text| Some(Sealed(text));
    Text: crate::item::Item, |item: &crate::item::Item| item.to_string(), |text: String| text.parse().ok();
    Text: crate::spells::SpellList, |spells: &crate::spells::SpellList| spells.to_string(), |text: String| text.parse().ok();
    Text: crate::standings::Parts, |parts: &crate::standings::Parts| parts.to_string(), |text: String| text.parse().ok();
    Text: SixS, |results: &SixS| six_words(*results), |text: String| six_of(&text);
    Text: ActorId, |actor: &ActorId| actor.0.clone(), |text| Some(ActorId(text));
}

id_columns! {
    MemberId, BranchId, OutletId, StandardId, InspectionId, ContactPointId, VisitId, BadgeCheckId, ServiceId, PlaqueId,
    CommitmentId, ResultId, CompetitionId, TrainingId, ThemeDayId, ContestId, HonourId, ImprovementId,
    RoundId, AppealId, TalkId, GrantId,
}

/// A value kept as JSON in a text column: read whole, never looked up by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Json<T>(pub T);

impl<T: Serialize + DeserializeOwned> ColumnType for Json<T> {
    const KIND: Kind = Kind::Text;
    fn to_cell(&self) -> Cell {
        Cell::Text(serde_json::to_string(&self.0).expect("a plain tree of strings and numbers"))
    }
    fn from_cell(cell: Cell) -> Option<Self> {
        if let Cell::Text(text) = cell { serde_json::from_str(&text).ok().map(Self) } else { None }
    }
}

impl<T: ColumnType> ColumnType for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;
    fn to_cell(&self) -> Cell {
        self.as_ref().map_or(Cell::Null, T::to_cell)
    }
    fn from_cell(cell: Cell) -> Option<Self> {
        match cell == Cell::Null {
            true => Some(None),
            false => T::from_cell(cell).map(Some),
        }
    }
}

/// The verdicts of an inspection in the order of its fields, such as `met met partly not_met met met`.
fn six_words(results: SixS) -> String {
    let word = |verdict: Verdict| if let Cell::Text(word) = verdict.to_cell() { word } else { String::new() };
    results.verdicts().map(word).join(" ")
}

fn six_of(text: &str) -> Option<SixS> {
    let mut verdicts = text.split(' ').map(|word| Verdict::from_cell(Cell::Text(word.to_owned())));
    let mut next = || verdicts.next().flatten();
    let (sort, set_in_order, shine) = (next()?, next()?, next()?);
    let results = SixS { sort, set_in_order, shine, standardise: next()?, sustain: next()?, safety: next()? };
    verdicts.next().is_none().then_some(results)
}

/// Lets enums of words be columns, under names written by hand.
macro_rules! word_columns {
    ($($ty:ty { $($variant:ident = $word:literal),* $(,)? })*) => {$(
        impl crate::cell::ColumnType for $ty {
            const KIND: crate::cell::Kind = crate::cell::Kind::Text;
            fn to_cell(&self) -> crate::cell::Cell {
                crate::cell::Cell::Text(match self { $(Self::$variant => $word),* }.to_owned())
            }
            fn from_cell(cell: crate::cell::Cell) -> Option<Self> {
                match <String as crate::cell::ColumnType>::from_cell(cell)?.as_str() {
                    $($word => Some(Self::$variant),)*
                    _unknown => None,
                }
            }
        }
    )*};
}
pub(crate) use word_columns;

word_columns! {
    domain::member::Post { Cadre = "cadre", Staff = "staff" }
    domain::member::Outcome { Fulfilled = "fulfilled", Missed = "missed" }
    domain::member::Level { Unit = "unit", County = "county", City = "city", Provincial = "provincial", National = "national" }
    domain::branch::BranchKind { Committee = "committee", GeneralBranch = "general_branch", Branch = "branch", BranchCompany = "branch_company" }
    domain::branch::OutletKind { Financial = "financial", Delivery = "delivery" }
    domain::branch::StandardKind { WorkStandard = "work_standard", ProcessChart = "process_chart" }
    domain::branch::Verdict { Met = "met", Partly = "partly", NotMet = "not_met" }
    domain::branch::Competitors { Members = "members", Branches = "branches" }
    domain::branch::RankedBy { Value = "value", PlanCompletion = "plan_completion", Growth = "growth" }
    domain::ledger::Unit {
        Yuan = "yuan", Persons = "persons", PersonTimes = "person_times", Pieces = "pieces", Times = "times",
        Hours = "hours", Points = "points", Percent = "percent",
    }
    domain::ledger::Direction { HigherIsBetter = "higher_is_better", LowerIsBetter = "lower_is_better" }
    domain::ledger::Aggregation { Sum = "sum", DailyMean = "daily_mean", Last = "last" }
    domain::ledger::Subjects { Members = "members", Branches = "branches", Both = "both" }
    domain::ledger::Exactness { Exact = "exact", AtLeast = "at_least" }
    domain::round::Group { Leader = "leader", Peer = "peer", Public = "public" }
    domain::round::Stage {
        Drafted = "drafted", Opened = "opened", Closed = "closed", Tallied = "tallied", Decided = "decided",
        Published = "published", Final = "final", Annulled = "annulled",
    }
    domain::talk::Cause { ScoreBelow = "score_below", LastTwice = "last_twice", Asked = "asked" }
    domain::talk::Step {
        Proposed = "proposed", Approved = "approved", Declined = "declined", Held = "held", FollowedUp = "followed_up",
        Closed = "closed",
    }
    domain::grant::Role {
        BranchSecretary = "branch_secretary", Leader = "leader", Office = "office", Auditor = "auditor",
        Integration = "integration",
    }
    domain::period::Grain { Month = "month", Quarter = "quarter", Year = "year" }
    domain::stream::StreamKind { Member = "member", Branch = "branch", Round = "round" }
}

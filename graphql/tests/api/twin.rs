//! The two ports in memory: a list of facts, folded anew for each read; commands are noted, not decided.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};

use async_trait::async_trait;
use domain::event::Fact;
use domain::id::MemberId;
use domain::person::Person;
use domain::stream::{Position, StreamKind};
use domain::text::{FREE_TEXT_MAX, Sealed, clean};
use domain::world::Command;
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, iter};
use graphql::ports::{
    Accepted, AsOf, Asker, Commands, Failure, LogOrigin, Look, LookFilter, Moment, PersonRecord, ReadError, Reads,
    RecordedLook, RecordedSkip, SendError, ServingFold,
};
use jiff::Timestamp;
use projections::cell::{Cell, Column};
use projections::leaderboard::{Board, Place};
use projections::members::Members;
use projections::moves::{Between, Moved, Turn};
use projections::report::Trace;
use projections::row::Row;
use projections::select::{Order, Plan};
use projections::standings::{StandingRow, Standings};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::table;

/// A command that was sent: by whom, what, with which person's record.
pub type Sent = (Asker, Command, Option<Person>);

#[derive(Default)]
pub struct Twin {
    pub facts: Mutex<Vec<Fact>>,
    pub people: Mutex<HashMap<MemberId, PersonRecord>>,
    pub sent: Mutex<Vec<Sent>>,
    /// What the last command counted on.
    pub since: Mutex<Option<Position>>,
    /// Who looked at what a freeze hides.
    pub looks: Mutex<Vec<Look>>,
    /// Whether no look can be recorded.
    pub deaf: AtomicBool,
    /// What sending answers instead of accepting.
    pub refuses: Mutex<Option<SendError>>,
    /// Whether every read fails.
    pub broken: AtomicBool,
    /// How many events the projections are behind, until they are waited for.
    pub behind: AtomicU64,
    /// Where the projections stand when somebody begins to follow them.
    pub moves_from: AtomicU64,
    /// How often something was read: each is a statement.
    pub reads: AtomicU32,
    /// How many days have gone by since the last one of 2022.
    pub days: AtomicI64,
    /// And how many hours.
    pub hours: AtomicI64,
    fresh: AtomicU32,
}

/// Noon UTC of the last day of 2022.
const NOON: i64 = 1_672_488_000;

impl Twin {
    fn log(&self, at: Position) -> Vec<Fact> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.facts.lock().unwrap().iter().take_while(|fact| fact.position <= at).cloned().collect()
    }

    fn whole(&self) -> Result<Vec<Fact>, ReadError> {
        match self.broken.load(Ordering::Relaxed) {
            true => Err(ReadError::Failed("the disk holds a secret".into())),
            false => Ok(self.facts.lock().unwrap().clone()),
        }
    }

    fn moment(facts: &[Fact]) -> Moment {
        let last = facts.last();
        Moment { position: last.map(|fact| fact.position).unwrap_or_default(), recorded_at: last.map(|fact| fact.at) }
    }

    fn ranked(&self, board: &Board, at: Position) -> Vec<(u64, StandingRow)> {
        let facts = self.log(at);
        let branches: HashMap<Uuid, Uuid> =
            table::rows::<Members>(&facts).into_iter().map(|row| (row.member.0, row.branch.0)).collect();
        let within = |row: &StandingRow| {
            let branch = match row.subject_kind {
                StreamKind::Member => branches.get(&row.subject).copied(),
                StreamKind::Branch | StreamKind::Round => Some(row.subject),
            };
            let reached = board.within.as_ref();
            reached.is_none_or(|reached| reached.iter().any(|one| Some(one.0) == branch))
        };
        let of_board = |row: &StandingRow| {
            (row.subject_kind, &row.metric, row.period) == (board.subjects, &board.metric, board.period)
        };
        board.rank(table::rows::<Standings>(&facts).into_iter().filter(|row| of_board(row) && within(row)))
    }
}

#[async_trait]
impl Commands for Twin {
    fn fresh_command_id(&self) -> String {
        format!("fresh-{}", self.fresh.fetch_add(1, Ordering::Relaxed))
    }

    fn mint(&self, asker: &Asker, label: &str) -> Uuid {
        let name = format!("{}/{}/{label}", asker.actor, asker.command_id);
        Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes())
    }

    async fn seal_each(
        &self,
        _asker: &Asker,
        subjects: &[Uuid],
        label: &str,
        text: &str,
    ) -> Result<Vec<Sealed>, SendError> {
        let cleaned = clean(label, text, FREE_TEXT_MAX).map_err(|refusal| SendError::Refused(refusal.into()))?;
        Ok(subjects.iter().map(|_| Sealed(format!("sealed:{cleaned}"))).collect())
    }

    async fn send_since(
        &self,
        asker: &Asker,
        command: Command,
        person: Option<Person>,
        since: Option<Position>,
    ) -> Result<Accepted, SendError> {
        *self.since.lock().unwrap() = since;
        if let Some(error) = self.refuses.lock().unwrap().take() {
            return Err(error);
        }
        let mut sent = self.sent.lock().unwrap();
        let position = Self::moment(&self.facts.lock().unwrap()).position;
        let same_id = |(before, ..): &&Sent| (&before.actor, &before.command_id) == (&asker.actor, &asker.command_id);
        match sent.iter().find(same_id) {
            Some((_, before, _)) if *before == command => Ok(Accepted { position, replayed: true }),
            Some(_) => Err(SendError::IdReused { command_id: asker.command_id.clone() }),
            None => {
                let (stream, facts) = (command.stream(), self.facts.lock().unwrap());
                let last = facts.iter().rfind(|fact| fact.stream == stream).map(|fact| fact.position);
                if let (Some(since), Some(position)) = (since, last.filter(|last| Some(*last) > since)) {
                    return Err(SendError::Moved { stream, since, position });
                }
                sent.push((asker.clone(), command, person));
                Ok(Accepted { position, replayed: false })
            }
        }
    }
}

#[async_trait]
impl Reads for Twin {
    async fn pin(&self, as_of: Option<AsOf>, at_least: Option<Position>) -> Result<Moment, ReadError> {
        let facts = self.whole()?;
        let head = Self::moment(&facts).position;
        let asked = match as_of {
            Some(AsOf::Position(position)) => position,
            Some(AsOf::Instant(_)) | None => at_least.unwrap_or_default(),
        };
        if asked > head {
            return Err(ReadError::BeyondHead { asked, head });
        }
        if at_least.is_some() {
            self.behind.store(0, Ordering::Relaxed);
        }
        let reached = Position(head.0 - self.behind.load(Ordering::Relaxed));
        let upto = |fact: &&Fact| match as_of {
            Some(AsOf::Position(position)) => fact.position <= position,
            Some(AsOf::Instant(instant)) => fact.at <= instant,
            None => fact.position <= reached,
        };
        Ok(Self::moment(&facts.iter().take_while(upto).cloned().collect::<Vec<_>>()))
    }

    async fn head(&self) -> Result<Moment, ReadError> {
        Ok(Self::moment(&self.whole()?))
    }

    async fn before(&self, instant: Timestamp) -> Result<Position, ReadError> {
        let facts = self.whole()?;
        Ok(facts.iter().take_while(|fact| fact.at < instant).last().map_or(Position(0), |fact| fact.position))
    }

    async fn select(
        &self,
        plan: &Plan,
        _columns: &'static [Column],
        _key: usize,
        at: Position,
    ) -> Result<Vec<Vec<Cell>>, ReadError> {
        Ok(table::select(&self.log(at), plan))
    }

    async fn count(&self, plan: &Plan, at: Position) -> Result<u64, ReadError> {
        let plan = Plan { order: vec![], after: None, limit: usize::MAX, ..plan.clone() };
        Ok(table::select(&self.log(at), &plan).len() as u64)
    }

    async fn sum(&self, plan: &Plan, column: &'static str, at: Position) -> Result<(Decimal, u64), ReadError> {
        let plan = Plan { order: vec![], after: None, limit: usize::MAX, ..plan.clone() };
        let cells = table::cells_of(&self.log(at), &plan, column);
        let numbers =
            cells.iter().filter_map(|cell| if let Cell::Decimal(number) = cell { Some(*number) } else { None });
        Ok((numbers.sum(), cells.len() as u64))
    }

    async fn board(
        &self,
        board: &Board,
        at: Position,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<(u64, Vec<Cell>)>, ReadError> {
        let follows = |row: &StandingRow| {
            let beyond = |after: &Place| board.place(row).is_some_and(|place| board.shown(&place, after).is_gt());
            after.as_ref().is_none_or(beyond)
        };
        let ranked = self.ranked(board, at).into_iter().filter(|(_, row)| follows(row)).take(limit);
        Ok(ranked.map(|(rank, row)| (rank, row.cells())).collect())
    }

    async fn rank(&self, board: &Board, subject: Uuid, at: Position) -> Result<Option<(u64, Vec<Cell>)>, ReadError> {
        let found = self.ranked(board, at).into_iter().find(|(_, row)| row.subject == subject);
        Ok(found.map(|(rank, row)| (rank, row.cells())))
    }

    async fn lineage(
        &self,
        sources: &[Trace],
        at: Position,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, ReadError> {
        let positions = table::lineage(&self.log(at), sources).into_iter();
        Ok(positions.filter(|position| *position > after).take(limit).collect())
    }

    async fn facts(&self, positions: &[Position]) -> Result<Vec<Fact>, ReadError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        Ok(self.whole()?.into_iter().filter(|fact| positions.contains(&fact.position)).collect())
    }

    async fn facts_after(&self, after: Position, limit: usize) -> Result<Vec<Fact>, ReadError> {
        Ok(self.whole()?.into_iter().filter(|fact| fact.position > after).take(limit).collect())
    }

    async fn people(&self, members: &[MemberId]) -> Result<Vec<PersonRecord>, ReadError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let people = self.people.lock().unwrap();
        Ok(members.iter().filter_map(|member| people.get(member).cloned()).collect())
    }

    async fn by_staff_number(&self, staff_number: &str) -> Result<Option<MemberId>, ReadError> {
        let people = self.people.lock().unwrap();
        Ok(people
            .values()
            .find(|person| person.staff_number.eq_ignore_ascii_case(staff_number))
            .map(|person| person.member))
    }

    async fn by_name(&self, part: &str, limit: usize) -> Result<Vec<MemberId>, ReadError> {
        let people = self.people.lock().unwrap();
        let found = people.values().filter(|person| person.name.contains(part));
        Ok(found.map(|person| person.member).take(limit).collect())
    }

    async fn open(&self, sealed: &[Sealed]) -> Result<Vec<Option<String>>, ReadError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        Ok(sealed.iter().map(|sealed| sealed.0.strip_prefix("sealed:").map(str::to_owned)).collect())
    }

    async fn record(&self, looks: &[Look]) -> Result<(), ReadError> {
        match self.deaf.load(Ordering::Relaxed) {
            true => Err(ReadError::Failed("the disk is full".into())),
            false => {
                self.looks.lock().unwrap().extend_from_slice(looks);
                Ok(())
            }
        }
    }

    /// Each a second after the one before.
    async fn looks(
        &self,
        filter: &LookFilter,
        order: Order,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<RecordedLook>, ReadError> {
        let looks = self.looks.lock().unwrap();
        let mut recorded: Vec<RecordedLook> = looks.iter().zip(1..).map(recorded).collect();
        recorded.retain(|look| {
            filter.subject.is_none_or(|(kind, id)| look.kind == Some(kind) && look.subjects.contains(&id))
                && filter.viewer.as_ref().is_none_or(|viewer| *viewer == look.viewer.0)
                && filter.what.as_ref().is_none_or(|what| *what == look.what)
                && filter.denied.is_none_or(|denied| denied == look.denied.is_some())
                && filter.from.is_none_or(|from| from <= look.at)
                && filter.until.is_none_or(|until| look.at < until)
        });
        let follows = |number: i64| match order {
            Order::Ascending => after.is_none_or(|after| number > after),
            Order::Descending => after.is_none_or(|after| number < after),
        };
        recorded.retain(|look| follows(look.number));
        if order == Order::Descending {
            recorded.reverse();
        }
        recorded.truncate(limit);
        Ok(recorded)
    }

    async fn skips(&self) -> Result<Vec<RecordedSkip>, ReadError> {
        Ok(Vec::new())
    }

    fn now(&self) -> Timestamp {
        let hours = 24 * self.days.load(Ordering::Relaxed) + self.hours.load(Ordering::Relaxed);
        Timestamp::from_second(NOON + 3_600 * hours).unwrap()
    }

    fn origin(&self) -> Uuid {
        Uuid::NAMESPACE_OID
    }

    fn versions(&self) -> BTreeMap<&'static str, i32> {
        BTreeMap::new()
    }

    async fn origins(&self) -> Result<Vec<LogOrigin>, ReadError> {
        Ok(Vec::new())
    }

    async fn folds(&self) -> Result<Vec<ServingFold>, ReadError> {
        Ok(Vec::new())
    }

    async fn lineage_of_key(
        &self,
        table: &'static str,
        key: &[Cell],
        at: Position,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, ReadError> {
        let positions = table::lineage_of_key(&self.log(at), table, key).into_iter();
        Ok(positions.filter(|position| *position > after).take(limit).collect())
    }

    async fn moved(
        &self,
        between: &Between,
        after: Option<Turn>,
        limit: usize,
    ) -> Result<(u64, Vec<Moved<Vec<Cell>>>), ReadError> {
        let moves = between.moves(self.ranked(&between.before, between.from), self.ranked(&between.after, between.to));
        let counted = moves.len() as u64;
        let follows = |turn: &Turn| after.is_none_or(|after| between.shown(turn, &after).is_gt());
        let moves = moves.into_iter().filter(|(turn, _)| follows(turn)).take(limit);
        let cells = |(rank, row): (u64, StandingRow)| (rank, row.cells());
        let moves = moves.map(|(_, Moved { subject, before, after })| Moved {
            subject,
            before: before.map(cells),
            after: after.map(cells),
        });
        Ok((counted, moves.collect()))
    }

    /// Only what its own figure changed by.
    async fn moved_by(
        &self,
        between: &Between,
        subject: Uuid,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, ReadError> {
        let everywhere = Board { within: None, ..between.order() };
        let number = |at: u64| {
            let ranked = self.ranked(&everywhere, Position(at)).into_iter();
            ranked.filter(|(_, row)| row.subject == subject).find_map(|(_, row)| between.order().place(&row))
        };
        let changed = (between.from.max(after).0 + 1..=between.to.0).filter(|at| number(*at) != number(at - 1));
        Ok(changed.map(Position).take(limit).collect())
    }

    /// Every position from [`Twin::moves_from`] on, one after the other, and then the end.
    fn positions(&self) -> BoxStream<'static, Position> {
        let from = Position(self.moves_from.load(Ordering::Relaxed));
        let facts = self.facts.lock().unwrap();
        let positions: Vec<Position> = facts.iter().map(|fact| fact.position).filter(|at| *at >= from).collect();
        // One at a time: what is ready at once is taken together by a subscription.
        iter(positions).then(|position| async move { yield_once(position).await }).boxed()
    }
}

fn recorded((look, number): (&Look, i64)) -> RecordedLook {
    RecordedLook {
        number,
        hash: vec![0; 32],
        at: Timestamp::from_second(1_640_966_400 + number).unwrap(),
        viewer: look.viewer.clone(),
        what: look.what.to_owned(),
        kind: look.kind,
        subjects: look.subjects.clone(),
        position: look.position,
        denied: look.denied.then_some(1),
        why: look.why.clone(),
    }
}

/// Gives way once, so that a stream of these is never ready twice in a row.
async fn yield_once<T>(value: T) -> T {
    let mut given_way = false;
    std::future::poll_fn(|context| match std::mem::replace(&mut given_way, true) {
        true => std::task::Poll::Ready(()),
        false => {
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        }
    })
    .await;
    value
}

/// An accident, for [`Twin::refuses`].
pub fn accident() -> SendError {
    SendError::Failed(Failure::from("the disk holds a secret"))
}

//! An organisation at random: branches, people who come, move and go, and their results of the year.

use std::collections::BTreeMap;

use domain::branch::BranchCommand;
use domain::id::{BranchId, MemberId, ResultId};
use domain::ledger::{Aggregation, Direction, Exactness, Metric, Report, Subjects, Target, Unit};
use domain::member::{MemberCommand, Post};
use domain::period::{Grain, Period};
use domain::refusal::Refusal;
use domain::round::Rules;
use domain::text::{Sealed, Title};
use domain::world::Command;
use harness::chance::Chance;
use harness::memory::MemoryLog;
use harness::speak::{establish, found_root};
use jiff::civil::{Date, date};

use super::given::Given;
use super::rules::{METRICS, code, hundredths};

/// How many live where no round is held: leaders from outside, scrutineers.
const OUTSIDERS: usize = 6;

/// Somebody, as far as the rounds must know.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// Each branch, with the first day there; nobody comes back to one.
    pub stints: Vec<(BranchId, Date)>,
    pub on_probation: bool,
    pub suspended: bool,
    pub gone: bool,
    /// Plans for the year, and what was reported: by metric, in hundredths.
    pub plans: BTreeMap<&'static str, u64>,
    pub reported: BTreeMap<(&'static str, i32), (ResultId, u64)>,
}

impl Person {
    pub fn branch(&self) -> Option<BranchId> {
        self.stints.last().filter(|_| !self.gone).map(|(branch, _)| *branch)
    }

    /// The days of a period that were spent in a branch.
    pub fn days_in(&self, branch: BranchId, period: Period) -> i32 {
        let mut days = 0;
        for (at, (of, since)) in self.stints.iter().enumerate() {
            let until = self.stints.get(at + 1).map_or(period.end_day(), |(_, next)| *next).min(period.end_day());
            let first = (*since).max(period.first_day());
            days += if *of == branch && first < until { (until - first).get_days() } else { 0 };
        }
        days
    }

    fn moved_in(&self, quarter: Period) -> bool {
        self.stints.iter().skip(1).any(|(_, since)| Period::holding(*since, Grain::Quarter) == quarter)
    }
}

/// The organisation and its log.
pub struct Town {
    pub log: MemoryLog,
    pub chance: Chance,
    /// Everybody gets the same answers, where this is so: ties.
    pub alike: bool,
    pub branches: Vec<BranchId>,
    pub people: BTreeMap<MemberId, Person>,
    pub outsiders: Vec<MemberId>,
    /// Every version of the rules, the first first.
    pub rules: Vec<Rules>,
    /// The quarterly rounds that were published.
    pub quarters: Vec<Given>,
}

pub fn text(plain: &str) -> Sealed {
    Sealed(plain.to_owned())
}

impl Town {
    /// Founded from a seed, in January 2022.
    pub fn founded(seed: u64) -> Self {
        let (log, mut chance) = (MemoryLog::on(date(2022, 1, 5)), Chance::of(seed));
        let alike = chance.percent(30);
        let (branches, people, outsiders) = (vec![], BTreeMap::new(), vec![]);
        let mut town = Self { log, chance, alike, branches, people, outsiders, rules: vec![], quarters: vec![] };
        town.must("office", &found_root());
        for metric in METRICS {
            town.define(metric);
        }
        let yamen = town.branch();
        for _ in 0..OUTSIDERS {
            let outsider = town.register(yamen, false);
            town.outsiders.push(outsider);
            town.people.remove(&outsider);
        }
        for _ in 0..town.chance.within(1, 4) {
            let branch = town.branch();
            town.branches.push(branch);
        }
        town.settle();
        town
    }

    /// One to sixty people, most often few.
    fn settle(&mut self) {
        let most = self.chance.one(&[6, 12, 12, 25, 60]).unwrap();
        for _ in 0..self.chance.within(1, most) {
            let (branch, new) = (self.chance.one(&self.branches).unwrap(), self.chance.percent(8));
            self.register(branch, new);
        }
    }

    pub fn ask(&mut self, actor: &str, command: &Command) -> Result<std::ops::Range<usize>, Refusal> {
        self.log.ask(actor, command)
    }

    /// What is not refused.
    pub fn must(&mut self, actor: &str, command: &Command) -> std::ops::Range<usize> {
        self.ask(actor, command).unwrap_or_else(|refusal| panic!("{command:?} is refused: {refusal}"))
    }

    pub fn adopt(&mut self, rules: &Rules) {
        let adopt = BranchCommand::AdoptRules(Box::new(rules.clone()));
        let adopted = self.must("office", &Command::Branch(BranchId::root(), adopt));
        self.rules.extend(adopted.map(|_| rules.clone()));
    }

    fn branch(&mut self) -> BranchId {
        let branch = BranchId(self.chance.id());
        self.must("office", &establish(branch, Some(BranchId::root()), "a branch"));
        branch
    }

    fn register(&mut self, branch: BranchId, on_probation: bool) -> MemberId {
        let (member, on) = (MemberId(self.chance.id()), self.log.today());
        let on = if on > date(2022, 1, 5) { on } else { date(2021, 3, 1) };
        let probation_until = on_probation.then_some(date(2023, 6, 1));
        self.must(
            "office",
            &Command::Member(member, MemberCommand::Register { branch, post: Post::Staff, on, probation_until }),
        );
        self.people.insert(member, Person { stints: vec![(branch, on)], on_probation, ..Person::default() });
        member
    }

    fn define(&mut self, metric: &str) {
        let (aggregation, direction) = match metric {
            "sum_of_year" => (Aggregation::Sum, Direction::HigherIsBetter),
            "mean_of_days" => (Aggregation::DailyMean, Direction::HigherIsBetter),
            _ => (Aggregation::Last, Direction::LowerIsBetter),
        };
        let (name, unit) = (Title::new("name", "a metric").unwrap(), Unit::Points);
        let (grain, subjects) = (Grain::Quarter, Subjects::Members);
        let metric = Metric { code: code(metric), name, unit, direction, aggregation, grain, subjects };
        self.must("office", &Command::Branch(BranchId::root(), BranchCommand::DefineMetric(metric)));
    }

    /// Somebody moves, goes, comes, is suspended, comes back or becomes a formal member.
    pub fn stir(&mut self) {
        if self.chance.percent(10) {
            let branch = self.chance.one(&self.branches).unwrap();
            let new = self.chance.percent(50);
            self.register(branch, new);
            return;
        }
        let (here, on) = (self.people.keys().copied().collect::<Vec<_>>(), self.log.today());
        let Some(member) = self.chance.one(&here).filter(|member| !self.people[member].gone) else { return };
        let kind = self.chance.below(8);
        let person = &self.people[&member];
        let (suspended, reason) = (person.suspended, text("reason"));
        let asked = match kind {
            0..=4 => match self.next_branch(member) {
                Some(to) => MemberCommand::Transfer { to, on, reason },
                None => return,
            },
            5 if suspended => MemberCommand::Reinstate { on, reason },
            5 => MemberCommand::Suspend { on, reason },
            6 => MemberCommand::EndProbation { on },
            _ => MemberCommand::Leave { on, reason },
        };
        if self.ask("office", &Command::Member(member, asked.clone())).is_ok() {
            let person = self.people.get_mut(&member).unwrap();
            match asked {
                MemberCommand::Transfer { to, .. } => person.stints.push((to, on)),
                MemberCommand::EndProbation { .. } => person.on_probation = false,
                MemberCommand::Leave { .. } => person.gone = true,
                _ => person.suspended = !person.suspended,
            }
        }
    }

    /// Where somebody has never been; once a quarter.
    fn next_branch(&mut self, member: MemberId) -> Option<BranchId> {
        let person = &self.people[&member];
        if person.moved_in(Period::holding(self.log.today(), Grain::Quarter)) {
            return None;
        }
        let new = self.branches.iter().filter(|branch| !person.stints.iter().any(|(of, _)| of == *branch));
        let new: Vec<BranchId> = new.copied().collect();
        self.chance.one(&new)
    }

    /// Plans and results of the year, once it is over.
    pub fn report_year(&mut self) {
        let everybody: Vec<MemberId> =
            self.people.iter().filter(|(_, of)| !of.gone).map(|(member, _)| *member).collect();
        let year = Period::year_of(2022).unwrap();
        for (member, metric) in everybody.into_iter().flat_map(|member| METRICS.map(|metric| (member, metric))) {
            if !self.alike && self.chance.percent(20) {
                continue;
            }
            let plan = if self.alike { 100 } else { self.chance.one(&[100, 10_000, 33_300, 7]).unwrap() };
            let target = Target { metric: code(metric), period: year, plan: Some(hundredths(plan)), base: None };
            self.must("office", &Command::Member(member, MemberCommand::SetTarget(target)));
            self.people.get_mut(&member).unwrap().plans.insert(metric, plan);
            for quarter in 1..=4 {
                self.report(member, metric, quarter, plan);
            }
        }
    }

    fn report(&mut self, member: MemberId, metric: &'static str, quarter: i32, plan: u64) {
        let result = ResultId(self.chance.id());
        let value = if self.alike { plan } else { self.chance.within(0, plan * 2) };
        let period = Period::quarter_of(2022, quarter).unwrap();
        let report =
            Report { result, metric: code(metric), period, value: hundredths(value), exactness: Exactness::Exact };
        let asked = Command::Member(member, MemberCommand::ReportResult(report));
        if self.chance.percent(70) && self.ask("office", &asked).is_ok() {
            self.people.get_mut(&member).unwrap().reported.insert((metric, quarter), (result, value));
        }
    }
}

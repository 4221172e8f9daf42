//! A yearly round over the quarters that were published, and what it is made of, worked out apart.

use std::collections::BTreeMap;

use domain::id::{BranchId, MemberId, RoundId};
use domain::period::Period;
use domain::round::RoundCommand;
use serde_json::{Value, json};

use super::given::{Given, Year};
use super::opening::{Play, closing, roster};
use super::rules::{METRICS, code};
use super::ruling::published;
use super::town::{Person, Town};

impl<'t> Play<'t> {
    /// Drafts, opens and closes a yearly round for these branches; nothing where there is nobody or nothing to count.
    pub fn open_year(town: &'t mut Town, branches: &[BranchId], rounds: &[RoundId]) -> Option<Self> {
        let people = roster(town, branches);
        let version = usize::try_from(town.chance.below(u64::try_from(town.rules.len()).unwrap())).unwrap();
        if rounds.is_empty() || !people.iter().any(|person| person.graded) {
            return None;
        }
        let given = Given {
            round: RoundId(town.chance.id()),
            period: Period::year_of(2022).unwrap(),
            rules: town.rules[version].clone(),
            groups: vec![],
            people,
            leaders: vec![],
            peers: vec![],
            scrutineers: vec![],
            papers: BTreeMap::new(),
            marks: BTreeMap::new(),
            counts: BTreeMap::new(),
            years: Some(BTreeMap::new()),
        };
        let mut play = Self { town, given, frozen_from: 0, style: 0, corrected: vec![] };
        play.run_year(branches, u32::try_from(version + 1).unwrap());
        Some(play)
    }

    fn run_year(&mut self, branches: &[BranchId], rules_version: u32) {
        let (branches, period) = (branches.to_vec(), self.given.period);
        self.must("office", RoundCommand::Draft { branches, period, rules_version });
        let closes_at = closing(self.town);
        let opened = RoundCommand::Open { closes_at, leaders: vec![], scrutineers: vec![], without: vec![] };
        self.frozen_from = self.must("office", opened).end;
        self.town.stir();
        self.town.log.move_to(closes_at);
        self.must("office", RoundCommand::Close);
        let years = self.given.reviewed().into_iter().map(|member| (member, year_of(self.town, &self.given, member)));
        self.given.years = Some(years.collect());
    }
}

/// What somebody's year is made of, as it stands now.
pub fn year_of(town: &Town, given: &Given, member: MemberId) -> Year {
    let person = &town.people[&member];
    Year { quarters: quarters(town, person, member), comparisons: comparisons(given, person) }
}

/// Every published score of the year, weighed by the days of the quarter in the branch where it was given.
fn quarters(town: &Town, person: &Person, member: MemberId) -> Vec<Value> {
    let mut found: Vec<(Period, String, i32)> = vec![];
    for held in &town.quarters {
        let Some(listed) = held.people.iter().find(|listed| listed.member == member && listed.graded) else { continue };
        let Some(score) = published(town, held.round)[&member].score else { continue };
        found.push((held.period, score.to_string(), person.days_in(listed.branch, held.period)));
    }
    let spent = |quarter: Period| found.iter().filter(|of| of.0 == quarter).map(|of| of.2).sum::<i32>();
    // Who came after the quarter was reviewed for it nonetheless, if nowhere else.
    let days = |quarter: Period, days: i32| if spent(quarter) == 0 { 1 } else { days };
    let told = |(quarter, score, of): &(Period, String, i32)| json!({ "quarter": quarter, "score": score, "days": days(*quarter, *of) });
    found.iter().map(told).collect()
}

/// Plan completion of every metric with a plan and a result, as a fraction that nobody has shortened.
fn comparisons(given: &Given, person: &Person) -> Vec<Value> {
    let mut found = vec![];
    for metric in METRICS {
        let Some(plan) = person.plans.get(metric).map(|plan| u128::from(*plan)) else { continue };
        let results = (1..=4).filter_map(|quarter| Some((quarter, person.reported.get(&(metric, quarter))?.1)));
        let results: Vec<(i32, u128)> = results.map(|(quarter, value)| (quarter, u128::from(value))).collect();
        let Some((_, last)) = results.last() else { continue };
        let days = |quarter: i32| u128::from(Period::quarter_of(2022, quarter).unwrap().days().unsigned_abs());
        let (actual, of) = match metric {
            "sum_of_year" => (results.iter().map(|(_, value)| value).sum(), 1),
            "mean_of_days" => {
                let weighed = results.iter().map(|(quarter, value)| value * days(*quarter)).sum::<u128>();
                (weighed, results.iter().map(|(quarter, _)| days(*quarter)).sum())
            }
            _ => ((2 * plan).saturating_sub(*last), 1),
        };
        let weight = given.rules.year.metric_weights.get(&code(metric)).map_or("1".to_owned(), ToString::to_string);
        found.push(
            json!({ "metric": metric, "weight": weight, "completion": format!("{}/{}", actual * 100, plan * of) }),
        );
    }
    found
}

//! What if: a published round under other rules; nothing is recorded and no result changes.
//!
//! # Rules
//! - It is computed from what is published alone, and says of itself that it is no result.
//! - Asked by whoever may see the results of every branch that the round covers.
//! - Rules under test that cannot make a score are refused with all their faults at once.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use domain::id::RoundId;
use domain::round::whatif::{Outcome, Reviewed, Stand, what_if};
use domain::round::{Band, Basis, Rostered, RoundRefusal, Rules, Stage};
use projections::cell::ColumnType;
use projections::round_people::RoundPersonRow;
use projections::rounds::{RoundKey, RoundRow};
use projections::rule_sets::{RuleSetKey, RuleSetRow};
use projections::select::{Condition, Select};
use projections::words::SubjectKind;

use super::figure::Period;
use super::subject::Subject;
use crate::fault::{Fault, Result};
use crate::input::{self, AsOf};
use crate::look::What;
use crate::page::When;
use crate::policy::{Action, Resource};
use crate::ports::Moment;
use crate::refusal::Refusal;
use crate::scalar::{self, Decimal};
use crate::session::Session;
use crate::words::{GapRule, ReviewGroup, RulesPreset, TieRule};

/// What a what-if weighs by itself: it reads everybody's result in the round.
const WEIGHT: usize = 5_000;
/// For how many persons its entries weigh.
const PERSONS: usize = 500;

/// What a group weighs under the rules under test.
#[derive(Debug, Clone, InputObject)]
pub struct WhatIfWeightInput {
    /// Which group.
    group: ReviewGroup,
    /// Its weight in percent; 0 leaves it out. All together make 100.
    weight_percent: Decimal,
}

/// From which score on a grade would be proposed.
#[derive(Debug, Clone, InputObject)]
pub struct WhatIfBandInput {
    /// The code of the grade, one of the ballot's.
    grade: String,
    /// The least score, 0 to 100.
    from: Decimal,
}

/// Rules under test 试算规则: those of the round, of a version of the organisation or of a preset, and what is changed in them.
#[derive(Debug, Clone, InputObject)]
pub struct WhatIfRulesInput {
    /// A preset to begin with; the round's own rules where neither this nor a version is given.
    preset: Option<RulesPreset>,
    /// A version of the organisation's rules to begin with.
    version: Option<i64>,
    /// What groups weigh; a group that is not named keeps its weight.
    weights: Option<Vec<WhatIfWeightInput>>,
    /// What becomes of a score that lacks a group.
    gap: Option<GapRule>,
    /// From how many valid answers on the highest and the lowest are left out; null: never.
    trim_from: MaybeUndefined<i64>,
    /// The anonymity threshold.
    threshold: Option<i64>,
    /// The bands, best first; the last one from 0.
    bands: Option<Vec<WhatIfBandInput>>,
    /// What parts those with one score, in this order.
    ties: Option<Vec<TieRule>>,
    /// Of a year: the weight of the reviews in percent; the comparisons weigh the rest.
    reviews_percent: Option<Decimal>,
    /// Of a year: how many quarters must have a score.
    least_quarters: Option<i64>,
}

impl WhatIfRulesInput {
    async fn read(&self, session: &Session, own: &Rules, at: Moment) -> Result<Rules> {
        let rules = match (self.preset, self.version) {
            (Some(_), Some(_)) => {
                let message = "give either preset or version";
                return Err(Fault::bad("input.one_of", &[], message, "请在 preset 与 version 中任选其一"));
            }
            (Some(preset), None) => domain::round::Preset::from(preset).rules(),
            (None, Some(version)) => adopted(session, version, at).await?,
            (None, None) => own.clone(),
        };
        input::asked(self.changed(rules))
    }

    fn changed(&self, mut rules: Rules) -> Result<Rules, Refusal> {
        for given in self.weights.iter().flatten() {
            let (group, weight) = (domain::round::Group::from(given.group), given.weight_percent.amount()?);
            if !rules.groups.iter().any(|rule| rule.group == group) {
                return Err(refused(RoundRefusal::NoSuchGroup { group }));
            }
            rules.groups.iter_mut().filter(|rule| rule.group == group).for_each(|rule| rule.weight_percent = weight);
        }
        rules.groups.retain(|rule| rule.weight_percent != domain::amount::Amount::ZERO);
        rules.gap = self.gap.map_or(rules.gap, Into::into);
        rules.trim_from = match self.trim_from {
            MaybeUndefined::Undefined => rules.trim_from,
            MaybeUndefined::Null => None,
            MaybeUndefined::Value(from) => Some(input::count("trimFrom", from)?),
        };
        if let Some(threshold) = self.threshold {
            rules.threshold = input::count("threshold", threshold)?;
        }
        if let Some(bands) = &self.bands {
            let band =
                |given: &WhatIfBandInput| Ok(Band { grade: input::metric(&given.grade)?, from: given.from.amount()? });
            rules.bands = bands.iter().map(band).collect::<Result<_, Refusal>>()?;
            // The cap is for the best band, whichever that is now.
            if let (Some(cap), Some(best)) = (&mut rules.cap, rules.bands.first()) {
                cap.grade.clone_from(&best.grade);
            }
        }
        if let Some(ties) = &self.ties {
            rules.ties = ties.iter().map(|tie| (*tie).into()).collect();
        }
        self.of_year(rules)
    }

    fn of_year(&self, mut rules: Rules) -> Result<Rules, Refusal> {
        if let Some(reviews) = &self.reviews_percent {
            let reviews = reviews.amount()?;
            let rest = rust_decimal::Decimal::ONE_HUNDRED - reviews.decimal();
            let beyond = |refusal| Refusal::from(domain::refusal::Refusal::from(refusal));
            let rest = domain::amount::Amount::new(rest).map_err(beyond)?;
            (rules.year.reviews_percent, rules.year.comparisons_percent) = (reviews, rest);
        }
        if let Some(least) = self.least_quarters {
            rules.year.least_quarters = input::count("leastQuarters", least)?;
        }
        Ok(rules)
    }
}

fn refused(refusal: RoundRefusal) -> Refusal {
    domain::refusal::Refusal::from(refusal).into()
}

/// A version of the organisation's rules.
async fn adopted(session: &Session, version: i64, at: Moment) -> Result<Rules> {
    let found = session.row::<RuleSetRow>(&RuleSetKey { version }, at.position).await?;
    let unknown = || {
        let version = u32::try_from(version).unwrap_or_default();
        Fault::Bad(Box::new(refused(RoundRefusal::UnknownRules { version })))
    };
    found.map(|row| row.rules.0).ok_or_else(unknown)
}

/// A sentence in both languages.
#[derive(Debug, Clone, SimpleObject)]
pub struct WhatIfNotice {
    /// In English.
    en: &'static str,
    /// In Chinese.
    zh: &'static str,
}

const NOTICE: WhatIfNotice = WhatIfNotice {
    en: "This is a what-if, computed from what is published: no result, no grade and no rank changes by it.",
    zh: "此为按其他规则的试算,仅依据已公示内容,不改变任何结果、等次或名次。",
};

/// Where somebody stands under a set of rules.
#[derive(Debug, Clone, SimpleObject)]
pub struct WhatIfStand {
    /// The score, two places; null where it is incomplete.
    score: Option<Decimal>,
    /// The code of the grade: as decided, or as it would be proposed.
    grade: Option<String>,
    /// The rank among those of the round who have a score.
    rank: Option<u64>,
}

impl From<Stand> for WhatIfStand {
    fn from(stand: Stand) -> Self {
        let score = stand.score.map(|score| Decimal::with_places(score.decimal(), 2));
        Self { score, grade: stand.grade.map(|grade| grade.to_string()), rank: stand.rank }
    }
}

/// What other rules would make of somebody.
#[derive(Debug, Clone, SimpleObject)]
pub struct WhatIfEntry {
    /// Who.
    subject: Subject,
    /// As published.
    before: WhatIfStand,
    /// Under the rules under test.
    after: WhatIfStand,
    /// The score under the rules under test before its rounding, as a fraction in lowest terms; null where incomplete.
    exact: Option<String>,
    /// Whether a tie across the border of the cap would be left to the committee.
    border_tie: bool,
    /// The groups that would have no score.
    missing: Vec<ReviewGroup>,
}

impl WhatIfEntry {
    fn of(outcome: Outcome, at: Moment) -> Self {
        let Outcome { member, before, after, result } = outcome;
        let groups = match &result.basis {
            Basis::Reviews { groups } => groups.as_slice(),
            Basis::Year { .. } => &[],
        };
        let missing = groups.iter().filter(|group| group.score.is_none()).map(|group| group.group.into()).collect();
        let (subject, exact) = (Subject::of_member(member, at), result.exact.as_ref().map(ToString::to_string));
        Self { subject, before: before.into(), after: after.into(), exact, border_tie: result.border_tie, missing }
    }
}

/// A published round under other rules 试算.
#[derive(Debug, Clone, SimpleObject)]
pub struct WhatIf {
    /// Always true: this is no result.
    is_what_if: bool,
    /// What this is, to be shown with it.
    notice: WhatIfNotice,
    /// The id of the round.
    round_id: ID,
    /// Its period.
    period: Period,
    /// The position this is as of.
    position: scalar::Position,
    /// Everybody reviewed: the best first under the rules under test, who has no score last.
    #[graphql(complexity = "PERSONS * child_complexity")]
    entries: Vec<WhatIfEntry>,
}

/// A published round, where the viewer may see the results of every branch that it covers.
async fn published(session: &Session, round: RoundId, at: Moment) -> Result<Option<(RoundRow, Rules)>> {
    let row = session.row::<RoundRow>(&RoundKey { round }, at.position).await?;
    let Some(row) = row else {
        return session
            .allow_asked(Action::SeeResults, Resource::Organisation, (SubjectKind::Round, round.0))
            .await
            .map(|()| None);
    };
    for branch in &row.branches.0 {
        session.allow_asked(Action::SeeResults, Resource::Branch(*branch), (SubjectKind::Round, round.0)).await?;
    }
    match (row.stage, row.rules.clone()) {
        (Stage::Published | Stage::Final, Some(rules)) => {
            session.note(What::WhatIf, Some((SubjectKind::Round, round.0)), at);
            Ok(Some((row, rules.0)))
        }
        (stage, _) => {
            let needed = Stage::Published;
            Err(Fault::Bad(Box::new(refused(RoundRefusal::WrongStage { round, stage, needed }))))
        }
    }
}

/// Everybody's published result in a round.
async fn reviewed(session: &Session, round: &RoundRow, at: Moment) -> Result<Vec<Reviewed>> {
    let select = Select::<RoundPersonRow>::first(1_000)
        .only(Condition::Equals("round", round.round.to_cell()))
        .only(Condition::Known("result"));
    let rows = session.every(select, at.position).await?;
    let reviewed = |row: RoundPersonRow| {
        let since = row.since.unwrap_or(round.period.first_day());
        let person = Rostered { member: row.member, branch: row.branch?, since, on_probation: row.on_probation };
        Some(Reviewed { person, result: row.result?.0 })
    };
    Ok(rows.into_iter().filter_map(reviewed).collect())
}

/// What-ifs.
#[derive(Default)]
pub struct WhatIfQuery;

#[Object]
impl WhatIfQuery {
    /// What other rules would make of a published round 试算: computed from what is published, recorded nowhere.
    #[graphql(complexity = "WEIGHT + child_complexity")]
    async fn what_if(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the round.")] round: ID,
        #[graphql(desc = "The rules under test.")] rules: WhatIfRulesInput,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<scalar::Position>,
    ) -> Result<Option<WhatIf>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let round: RoundId = input::asked(input::id("round", &round))?;
        let at = session.pin_for(When::read(as_of, at_least)).await?;
        let Some((row, own)) = published(session, round, at).await? else { return Ok(None) };
        let rules = rules.read(session, &own, at).await?;
        let reviewed = reviewed(session, &row, at).await?;
        let mut outcomes = input::asked(what_if(&rules, &own, &reviewed).map_err(refused))?;
        outcomes.sort_by_key(|outcome| (outcome.after.rank.unwrap_or(u64::MAX), outcome.member));
        let entries = outcomes.into_iter().map(|outcome| WhatIfEntry::of(outcome, at)).collect();
        let (round_id, period, position) = (round.into(), row.period.into(), at.position.into());
        Ok(Some(WhatIf { is_what_if: true, notice: NOTICE, round_id, period, position, entries }))
    }
}

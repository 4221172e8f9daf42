//! Fairness of published rounds 公平性分析, for the office: made of leaders' marks and published counts alone.
//!
//! # Rules
//! - Asked by whoever runs rounds, over the branches they run them in; persons count where they belonged at the opening.
//! - Only published results go in: during a freeze there is nothing to be seen here, not even that somebody is missing.
//! - Means and counts over persons are of at least k persons, the greatest anonymity threshold of the rounds that go in.
//! - Definitions and their sources: `projections::fairness`.

use async_graphql::{Context, ID, Object, SimpleObject};
use domain::id::{BranchId, RoundId};
use domain::round::fraction::Fraction;
use projections::cell::Cell;
use projections::fairness::{self, Agreement, Distribution, Reviewed, Severity};
use projections::round_people::RoundPersonRow;
use projections::rounds::RoundRow;
use projections::select::{Condition, Select};
use projections::words::SubjectKind as Kind;

use super::figure::Period;
use super::published::published_rounds;
use super::round::Round;
use super::subject::{Subject, SubjectKind};
use crate::fault::Result;
use crate::input::{self, AsOf, PeriodInput};
use crate::look::What;
use crate::page::When;
use crate::page::weight;
use crate::policy::{Action, Scope};
use crate::ports::Moment;
use crate::scalar::{self, Decimal};
use crate::session::Session;
use crate::words::ReviewGroup;

/// What the view weighs by itself: it reads everybody's result in the rounds of a period.
const WEIGHT: usize = 10_000;
/// For how many leaders or branches its lists weigh.
const MANY: usize = 50;

/// A number made of published ones: exact, and rounded once.
#[derive(Debug, Clone, SimpleObject)]
pub struct ExactNumber {
    /// Two places, half away from zero.
    rounded: Option<Decimal>,
    /// The fraction in lowest terms.
    exact: String,
}

impl From<&Fraction> for ExactNumber {
    fn from(fraction: &Fraction) -> Self {
        let rounded = fraction.rounded().map(|rounded| Decimal::with_places(rounded.decimal(), 2));
        Self { rounded, exact: fraction.to_string() }
    }
}

/// How a leader marks beside the others on the same persons 评分宽严.
#[derive(Debug, Clone, SimpleObject)]
pub struct LeaderSeverity {
    /// The leader.
    leader: Subject,
    /// How many marks are compared: those of persons and dimensions that another leader marked too.
    marks: usize,
    /// On how many persons.
    persons: usize,
    /// The mean of the leader's marks.
    own: ExactNumber,
    /// The mean of the others' marks, each time of the same person and dimension.
    others: ExactNumber,
    /// The first less the second: below 0 severe, above 0 lenient.
    severity: ExactNumber,
}

impl LeaderSeverity {
    fn of(found: &Severity, at: Moment) -> Self {
        let (leader, marks, persons) = (Subject::of_member(found.leader, at), found.marks, found.persons);
        let (own, others, severity) = ((&found.own).into(), (&found.others).into(), (&found.difference()).into());
        Self { leader, marks, persons, own, others, severity }
    }
}

/// Whether two groups agree 主体间一致性.
#[derive(Debug, Clone, SimpleObject)]
pub struct GroupAgreement {
    /// One group.
    first: ReviewGroup,
    /// The other.
    second: ReviewGroup,
    /// How many persons have a score of both.
    persons: usize,
    /// Kendall's τ-b over the pairs of persons of one round, −1 to 1, two places; null where fewer than k persons have
    /// both scores, and where a group ties everybody.
    tau_b: Option<Decimal>,
    /// How many pairs both put in the same order; null where fewer than k persons have both scores, as are those below.
    concordant: Option<String>,
    /// How many they put in opposite orders.
    discordant: Option<String>,
    /// How many the first ties.
    tied_first: Option<String>,
    /// How many the second ties.
    tied_second: Option<String>,
    /// How many pairs there are.
    pairs: Option<String>,
    /// The mean absolute difference of the two scores.
    mean_difference: Option<ExactNumber>,
}

impl From<&Agreement> for GroupAgreement {
    fn from(found: &Agreement) -> Self {
        let [first, second] = found.groups.map(Into::into);
        let tau_b = found.pairs.and_then(|pairs| pairs.tau_b());
        let shown = |count: fn(&fairness::Pairs) -> i128| found.pairs.as_ref().map(|pairs| count(pairs).to_string());
        Self {
            first,
            second,
            persons: found.persons,
            tau_b: tau_b.map(|tau| Decimal::with_places(tau.decimal(), 2)),
            concordant: shown(|pairs| pairs.concordant),
            discordant: shown(|pairs| pairs.discordant),
            tied_first: shown(|pairs| pairs.tied_first),
            tied_second: shown(|pairs| pairs.tied_second),
            pairs: shown(|pairs| pairs.all),
            mean_difference: found.difference.as_ref().map(Into::into),
        }
    }
}

/// How many of a branch were given a grade.
#[derive(Debug, Clone, SimpleObject)]
pub struct GradeShare {
    /// The code of the grade.
    grade: String,
    /// How many persons.
    persons: usize,
}

/// The mean of a group's scores in a branch.
#[derive(Debug, Clone, SimpleObject)]
pub struct GroupMean {
    /// Which group.
    group: ReviewGroup,
    /// The mean.
    mean: ExactNumber,
}

/// What became of a branch, without the branches under it 等次分布.
#[derive(Debug, Clone, SimpleObject)]
pub struct BranchDistribution {
    /// The branch.
    branch: Subject,
    /// How many were reviewed.
    persons: usize,
    /// How many were given each grade; null where fewer than k have one.
    #[graphql(complexity = "weight(Some(5), child_complexity)")]
    grades: Option<Vec<GradeShare>>,
    /// The mean of each group's scores, of the groups of which at least k persons have one.
    #[graphql(complexity = "weight(Some(3), child_complexity)")]
    means: Vec<GroupMean>,
}

impl BranchDistribution {
    fn of(found: &Distribution, at: Moment) -> Self {
        let share = |(grade, persons): (&domain::round::Code, &usize)| GradeShare {
            grade: grade.to_string(),
            persons: *persons,
        };
        let mean =
            |(group, mean): (&domain::round::Group, &Fraction)| GroupMean { group: (*group).into(), mean: mean.into() };
        Self {
            branch: Subject::new(SubjectKind::Branch, found.branch.0, at),
            persons: found.persons,
            grades: found.grades.as_ref().map(|grades| grades.iter().map(share).collect()),
            means: found.means.iter().map(mean).collect(),
        }
    }
}

/// How fair the published rounds of a period were 公平性分析.
#[derive(Debug, Clone, SimpleObject)]
pub struct Fairness {
    /// The period.
    period: Period,
    /// The position this is as of.
    position: scalar::Position,
    /// How many published rounds go in.
    rounds: usize,
    /// These rounds, each of which opens to its events.
    #[graphql(complexity = "MANY * child_complexity")]
    sources: Vec<Round>,
    /// k: over at least how many persons something is said.
    threshold: usize,
    /// How each leader marks beside the others, by id.
    #[graphql(complexity = "MANY * child_complexity")]
    severities: Vec<LeaderSeverity>,
    /// The greatest severity less the least; null of fewer than two leaders.
    spread: Option<ExactNumber>,
    /// Whether each two groups agree.
    #[graphql(complexity = "3 * child_complexity")]
    agreements: Vec<GroupAgreement>,
    /// What became of each branch, by id.
    #[graphql(complexity = "MANY * child_complexity")]
    branches: Vec<BranchDistribution>,
}

/// The published results of these rounds in the branches in reach.
async fn reviewed(session: &Session, rounds: &[RoundRow], scope: &Scope, at: Moment) -> Result<Vec<Reviewed>> {
    let ids = rounds.iter().map(|row| Cell::Uuid(row.round.0)).collect();
    let select =
        Select::<RoundPersonRow>::first(1_000).only(Condition::OneOf("round", ids)).only(Condition::Known("result"));
    let select = scope.condition("branch").into_iter().fold(select, Select::only);
    let rows = session.every(select, at.position).await?;
    let reviewed = |row: RoundPersonRow| {
        let (round, member): (RoundId, _) = (row.round, row.member);
        Some(Reviewed { round, member, branch: row.branch?, result: row.result?.0 })
    };
    Ok(rows.into_iter().filter_map(reviewed).collect())
}

/// The fairness view.
#[derive(Default)]
pub struct FairnessQuery;

#[Object]
impl FairnessQuery {
    /// How fair the published rounds of a period were 公平性分析: how leaders mark beside each other, whether groups agree, who
    /// got what grade. For the office; nothing here singles out a voter of a secret group.
    #[graphql(complexity = "WEIGHT + child_complexity")]
    async fn fairness(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The quarter or the year.")] period: PeriodInput,
        #[graphql(desc = "Only persons who belonged to the subtree of this branch at the opening.")] within: Option<ID>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<scalar::Position>,
    ) -> Result<Option<Fairness>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let period = input::asked(period.read())?;
        let within: Option<BranchId> = input::some_id("within", within.as_ref())?;
        let at = session.pin_for(When::read(as_of, at_least)).await?;
        let scope = session.scope(Action::RunRounds, within, at.position).await?;
        let rounds = published_rounds(session, period, &scope, at).await?;
        let thresholds = rounds.iter().filter_map(|row| row.rules.as_ref()).map(|rules| rules.0.threshold as usize);
        let threshold = thresholds.max().unwrap_or_default();
        let reviewed = reviewed(session, &rounds, &scope, at).await?;
        for row in &rounds {
            session.note(What::Fairness, Some((Kind::Round, row.round.0)), at);
        }
        let severities = fairness::severities(&reviewed);
        let spread = fairness::spread(&severities);
        Ok(Some(Fairness {
            period: period.into(),
            position: at.position.into(),
            rounds: rounds.len(),
            sources: rounds.into_iter().map(|row| Round::reached(row, at)).collect(),
            threshold,
            severities: severities.iter().map(|found| LeaderSeverity::of(found, at)).collect(),
            spread: spread.as_ref().map(Into::into),
            agreements: fairness::agreements(&reviewed, threshold).iter().map(Into::into).collect(),
            branches: fairness::distributions(&reviewed, threshold)
                .iter()
                .map(|found| BranchDistribution::of(found, at))
                .collect(),
        }))
    }
}

//! The metrics 指标 of the programme, with the plans and bases of the year.

use domain::branch::BranchCommand;
use domain::id::BranchId;
use domain::ledger::{Aggregation, Direction, Metric, Subjects, Target, Unit};
use domain::period::{Grain, Period};
use domain::text::MetricCode;

use super::draft::{Act, Hour, Timeline};
use super::money::{split, whole, yuan};
use super::tree::{OPENING, Tree, title};

/// New premium of the year in cents: 15.24 亿元.
pub const PREMIUM_NEW: i64 = 152_400_000_000;
/// Long-term regular premium in cents: 3.51 亿元.
pub const PREMIUM_LONG_TERM: i64 = 35_100_000_000;
/// Insurance revenue in cents: 1.39 亿元.
pub const INSURANCE_REVENUE: i64 = 13_900_000_000;
/// Its plan: 108.92 % of it were reached.
pub const INSURANCE_PLAN: i64 = 12_761_660_000;
/// Delivery revenue of the one company that reports it, in cents: 7,116.65 万元.
pub const DELIVERY_REVENUE: i64 = 7_116_650_000;
/// Its plan: 956.65 万元 less.
pub const DELIVERY_PLAN: i64 = 6_160_000_000;
/// Its revenue of the year before: growth of 33.69 %.
pub const DELIVERY_BASE: i64 = 5_323_247_812;

/// How strong the companies are next to one another; the second and the third are equal.
pub const STRENGTH: [u64; 9] = [300, 220, 220, 130, 120, 105, 95, 85, 75];
/// How the year's business lies in its quarters, in percent.
const QUARTERS: [u64; 4] = [42, 25, 19, 14];

/// A metric's code.
#[must_use]
pub fn code(text: &str) -> MetricCode {
    text.parse().expect("the demo's metric codes are legal")
}

/// A period of the programme.
#[must_use]
pub fn period(text: &str) -> Period {
    text.parse().expect("the demo's periods are legal")
}

fn metric(text: &str, name: &str, unit: Unit, aggregation: Aggregation, grain: Grain, subjects: Subjects) -> Metric {
    let direction = match text {
        "complaints" => Direction::LowerIsBetter,
        _ => Direction::HigherIsBetter,
    };
    Metric { code: code(text), name: title(name), unit, direction, aggregation, grain, subjects }
}

/// The metrics of the programme.
#[must_use]
pub fn all() -> Vec<Metric> {
    use Aggregation::{DailyMean, Last, Sum};
    use Grain::{Month, Quarter};
    use Subjects::{Both, Branches, Members};
    vec![
        metric("premium_new", "新单保费", Unit::Yuan, Sum, Month, Branches),
        metric("premium_long_term", "长期期交保费", Unit::Yuan, Sum, Month, Branches),
        metric("insurance_revenue", "保险业务收入", Unit::Yuan, Sum, Month, Branches),
        metric("delivery_revenue", "寄递业务收入", Unit::Yuan, Sum, Month, Branches),
        metric("balance_daily", "日均余额", Unit::Yuan, DailyMean, Month, Members),
        metric("parcels_delivered", "投递件数", Unit::Pieces, Sum, Month, Both),
        metric("skill_points", "技能积分", Unit::Points, Sum, Quarter, Members),
        metric("complaints", "有责投诉件数", Unit::Pieces, Sum, Month, Branches),
        metric("customers_active", "活跃客户数", Unit::Persons, Last, Month, Branches),
        metric("satisfaction", "客户满意度", Unit::Percent, DailyMean, Quarter, Branches),
    ]
}

/// Defines the metrics, then sets plans and bases.
pub fn plan(tree: &Tree, timeline: &mut Timeline) {
    for metric in all() {
        timeline.plan(OPENING, Hour::Second, "metrics", |_| {
            Act::branch(BranchId::root(), BranchCommand::DefineMetric(metric))
        });
    }
    let year = period("2022");
    for (metric, plan, base) in [
        ("premium_new", 146_000_000_000, 131_000_000_000),
        ("premium_long_term", 33_600_000_000, 29_800_000_000),
        ("insurance_revenue", INSURANCE_PLAN, 12_180_000_000),
    ] {
        let parts = split(plan, &STRENGTH).into_iter().zip(split(base, &STRENGTH));
        for (company, (plan, base)) in Tree::companies().zip(parts) {
            let target = Target { metric: code(metric), period: year, plan: Some(yuan(plan)), base: Some(yuan(base)) };
            set(tree, company, target, timeline);
            if metric == "premium_new" {
                set_quarters(tree, company, plan, timeline);
            }
        }
    }
    let (plan, base) = (Some(yuan(DELIVERY_PLAN)), Some(yuan(DELIVERY_BASE)));
    set(tree, 1, Target { metric: code("delivery_revenue"), period: year, plan, base }, timeline);
}

fn set(tree: &Tree, company: usize, target: Target, timeline: &mut Timeline) {
    timeline.plan(OPENING, Hour::Plans, "targets", |_| Act::branch(tree.id(company), BranchCommand::SetTarget(target)));
}

/// Plans of new premium and bases of parcels by quarter, for the quarterly competitions.
fn set_quarters(tree: &Tree, company: usize, plan: i64, timeline: &mut Timeline) {
    for (quarter, plan) in (1..).zip(split(plan, &QUARTERS)) {
        let period = period(&format!("2022-Q{quarter}"));
        let target = Target { metric: code("premium_new"), period, plan: Some(yuan(plan)), base: None };
        set(tree, company, target, timeline);
        let pieces = (STRENGTH[company - 1] * 2_700) as i64;
        let target = Target { metric: code("parcels_delivered"), period, plan: None, base: Some(whole(pieces)) };
        set(tree, company, target, timeline);
    }
}

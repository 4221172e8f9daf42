//! Rules at random: any set that the checks let pass.

use std::collections::BTreeMap;

use domain::amount::Amount;
use domain::round::faults::check;
use domain::round::{
    Band, Calendar, Cap, Code, Dimension, GapRule, GradeRule, Group, GroupRule, Preset, Rules, TalkRule, TieRule,
    Turnout, YearRule,
};
use domain::text::Title;
use harness::chance::Chance;
use jiff::civil::date;
use rust_decimal::Decimal;

/// Metrics that may weigh more than 1 in a year.
pub const METRICS: [&str; 3] = ["sum_of_year", "mean_of_days", "last_of_year"];

pub fn code(text: &str) -> Code {
    text.parse().unwrap()
}

/// So many hundredths.
pub fn hundredths(number: u64) -> Amount {
    Amount::new(Decimal::new(i64::try_from(number).unwrap(), 2)).unwrap()
}

fn title() -> Title {
    Title::new("title", "as it is asked").unwrap()
}

/// Some rules; the presets among them.
pub fn some_rules(chance: &mut Chance) -> Rules {
    let rules = match chance.percent(15) {
        true => chance.one(&Preset::ALL).unwrap().rules(),
        false => drawn(chance),
    };
    assert_eq!(check(&rules), Ok(()));
    rules
}

fn drawn(chance: &mut Chance) -> Rules {
    let (scale, bands) = (scale(chance), chance.within(2, 6));
    let bands = self::bands(chance, &scale, bands);
    let cap = Cap { grade: bands[0].grade.clone(), numerator: 1, denominator: 3 };
    let share = chance.within(1, 4);
    Rules {
        groups: groups(chance),
        turnout: turnout(chance),
        blank_takes_part: chance.percent(60),
        gap: if chance.percent(50) { GapRule::Incomplete } else { GapRule::Renormalise },
        trim_from: chance.percent(40).then(|| u32::try_from(chance.within(3, 9)).unwrap()),
        ties: chance.one(&ties()).unwrap(),
        cap: chance.percent(80).then(|| match chance.percent(50) {
            true => cap,
            false => Cap { numerator: 1, denominator: u32::try_from(share).unwrap(), ..cap },
        }),
        threshold: u32::try_from(chance.within(3, 7)).unwrap(),
        self_review: chance.percent(50),
        publicity_days: 2,
        appeal_days: 3,
        answer_days: 2,
        talks: TalkRule { below: hundredths(6000), last_one_in: Some(5), least_ranked: 5, follow_up_days: 30 },
        year: year(chance),
        calendar: Calendar { off: vec![date(2022, 10, 3)], worked: vec![date(2022, 10, 8)] },
        scale,
        bands,
    }
}

fn ties() -> [Vec<TieRule>; 4] {
    use TieRule::{LeaderScore, Performance};
    [vec![], vec![LeaderScore], vec![Performance, LeaderScore], vec![LeaderScore, Performance]]
}

fn groups(chance: &mut Chance) -> Vec<GroupRule> {
    let many = [1, 2, 3, 3, 3][usize::try_from(chance.below(5)).unwrap()];
    let groups = chance.some(&Group::ALL, many);
    let mut left: u64 = 10_000;
    let last = groups.len() - 1;
    let rule = |(at, group): (usize, Group)| {
        let share = if at == last { left } else { weight(chance, left - u64::try_from(last - at).unwrap() * 100) };
        left -= share;
        let dimension = |number| Dimension {
            code: code(&format!("{group}_about_{number}")),
            title: title(),
            weight: hundredths(chance.one(&[100, 100, 200, 50, 3333, 1]).unwrap()),
        };
        GroupRule { group, weight_percent: hundredths(share), dimensions: dimensions(dimension) }
    };
    let mut drawn: Vec<GroupRule> = groups.into_iter().enumerate().map(rule).collect();
    for rule in &mut drawn {
        rule.dimensions.truncate(usize::try_from(chance.within(1, 4)).unwrap());
    }
    drawn
}

fn dimensions(dimension: impl FnMut(u32) -> Dimension) -> Vec<Dimension> {
    (1..=4).map(dimension).collect()
}

/// A part of what is left, at least 1 percent; often a round one.
fn weight(chance: &mut Chance, most: u64) -> u64 {
    let drawn = chance.within(100, most);
    if chance.percent(50) { drawn / 100 * 100 } else { drawn }
}

/// Distinct numbers of hundredths up to `most`, falling.
fn falling(chance: &mut Chance, count: u64, most: u64) -> Vec<u64> {
    let mut drawn = std::collections::BTreeSet::new();
    while drawn.len() < usize::try_from(count).unwrap() {
        let whole = chance.percent(70);
        let number = chance.within(0, most);
        drawn.insert(if whole { number / 500 * 500 } else { number });
    }
    drawn.into_iter().rev().collect()
}

fn scale(chance: &mut Chance) -> Vec<GradeRule> {
    let many = chance.within(2, 6);
    let points = falling(chance, many, 10_000);
    let rule = |(at, points)| GradeRule { grade: code(&format!("grade_{at}")), title: title(), points };
    points.into_iter().map(hundredths).enumerate().map(rule).collect()
}

fn bands(chance: &mut Chance, scale: &[GradeRule], many: u64) -> Vec<Band> {
    let most = u64::try_from(scale.len()).unwrap().min(many);
    let mut from = falling(chance, most - 1, 9_999);
    from.iter_mut().for_each(|from| *from += 1);
    from.push(0);
    let grades = scale.iter().map(|rule| rule.grade.clone());
    grades.zip(from).map(|(grade, from)| Band { grade, from: hundredths(from) }).collect()
}

fn turnout(chance: &mut Chance) -> Turnout {
    let (numerator, denominator) = chance.one(&[(1, 2), (2, 3), (4, 5), (0, 1), (1, 10), (3, 7)]).unwrap();
    Turnout { numerator, denominator, or_equal: chance.percent(40) }
}

fn year(chance: &mut Chance) -> YearRule {
    let reviews = chance.one(&[4_000, 2_000, 3_333, 10_000, 0, 5_050]).unwrap();
    let weighed = METRICS.iter().filter(|_| chance.percent(50)).map(|metric| code(metric)).collect::<Vec<_>>();
    YearRule {
        reviews_percent: hundredths(reviews),
        comparisons_percent: hundredths(10_000 - reviews),
        least_quarters: u32::try_from(chance.one(&[1, 2, 2, 2, 3, 4]).unwrap()).unwrap(),
        metric_weights: weighed
            .into_iter()
            .map(|metric| (metric, hundredths(chance.within(1, 400))))
            .collect::<BTreeMap<_, _>>(),
    }
}

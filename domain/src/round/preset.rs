//! Rules to begin with 预设规则, each default with its basis.
//!
//! | rule | default | basis |
//! |---|---|---|
//! | weights leader / peer / public | 40 / 30 / 30 | ours |
//! | points 100, 85, 70, 50 | grades on a ballot | a Hunan unit's published rule |
//! | bands 90, 70, 60 | grades by score | a county's published rule |
//! | dimensions | duty and contests; politics, discipline, part; service | the programme of 2022 |
//! | turnout | more than half | published methods of counting ballots |
//! | blank takes part | yes | published |
//! | gap | incomplete | ours |
//! | cap | one third of the formal members | published: excellent is normally at most a third |
//! | threshold k | 5, never under 3 | common default |
//! | publicity, appeal, answer | 5, 7, 10 working days | ours; company practice |
//! | talk | under 60, or the last tenth twice of at least 10 | published / ours |
//! | year | reviews 40 %, comparisons 60 %, two quarters at least | published |
//!
//! The calendar of a preset is empty: Monday to Friday. An organisation adds its days off and worked weekends.

use std::collections::BTreeMap;

use super::kind::{Code, Group};
use super::rules::{Band, Calendar, Cap, Dimension, GapRule, GradeRule, GroupRule, Rules, TalkRule, Turnout, YearRule};
use crate::amount::Amount;
use crate::text::Title;

/// A set of rules to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// The defaults of the table.
    Default,
    /// Three grades: good 好, fair 较好, poor 差.
    ThreeGrades,
    /// Reviews 20 %, comparisons 80 % of a year.
    TwentyEighty,
    /// A missing group's weight goes to the others.
    Renormalise,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 4] = [Self::Default, Self::ThreeGrades, Self::TwentyEighty, Self::Renormalise];

    /// Its rules.
    #[must_use]
    pub fn rules(self) -> Rules {
        let rules = default();
        match self {
            Self::Default => rules,
            Self::ThreeGrades => Rules {
                scale: scale(&[("good", "好", 100), ("fair", "较好", 80), ("poor", "差", 50)]),
                bands: bands(&[("good", 85), ("fair", 60), ("poor", 0)]),
                cap: Some(Cap { grade: code("good"), numerator: 1, denominator: 3 }),
                ..rules
            },
            Self::TwentyEighty => {
                let year = YearRule { reviews_percent: whole(20), comparisons_percent: whole(80), ..rules.year };
                Rules { year, ..rules }
            }
            Self::Renormalise => Rules { gap: GapRule::Renormalise, ..rules },
        }
    }
}

fn default() -> Rules {
    Rules {
        groups: vec![
            group(Group::Leader, 40, &[("duty", "履职情况"), ("contests", "参加三比情况")]),
            group(Group::Peer, 30, &[("politics", "政治表现"), ("discipline", "纪律作风"), ("part", "发挥作用")]),
            group(Group::Public, 30, &[("service", "服务质量")]),
        ],
        scale: scale(&[
            ("excellent", "优秀", 100),
            ("qualified", "合格", 85),
            ("basically_qualified", "基本合格", 70),
            ("not_qualified", "不合格", 50),
        ]),
        bands: bands(&[("excellent", 90), ("qualified", 70), ("basically_qualified", 60), ("not_qualified", 0)]),
        turnout: Turnout { numerator: 1, denominator: 2, or_equal: false },
        blank_takes_part: true,
        gap: GapRule::Incomplete,
        trim_from: None,
        ties: vec![],
        cap: Some(Cap { grade: code("excellent"), numerator: 1, denominator: 3 }),
        threshold: 5,
        self_review: true,
        publicity_days: 5,
        appeal_days: 7,
        answer_days: 10,
        talks: TalkRule { below: whole(60), last_one_in: Some(10), least_ranked: 10, follow_up_days: 30 },
        year: YearRule {
            reviews_percent: whole(40),
            comparisons_percent: whole(60),
            least_quarters: 2,
            metric_weights: BTreeMap::new(),
        },
        calendar: Calendar::default(),
    }
}

fn group(group: Group, percent: i64, dimensions: &[(&str, &str)]) -> GroupRule {
    let dimension =
        |(name, title): &(&str, &str)| Dimension { code: code(name), title: title_of(title), weight: whole(1) };
    GroupRule { group, weight_percent: whole(percent), dimensions: dimensions.iter().map(dimension).collect() }
}

fn scale(grades: &[(&str, &str, i64)]) -> Vec<GradeRule> {
    let rule = |(grade, title, points): &(&str, &str, i64)| GradeRule {
        grade: code(grade),
        title: title_of(title),
        points: whole(*points),
    };
    grades.iter().map(rule).collect()
}

fn bands(bands: &[(&str, i64)]) -> Vec<Band> {
    bands.iter().map(|(grade, from)| Band { grade: code(grade), from: whole(*from) }).collect()
}

fn code(text: &str) -> Code {
    text.parse().expect("codes of presets are small letters and underscores")
}

fn title_of(text: &str) -> Title {
    Title::new("title", text).expect("titles of presets are plain")
}

fn whole(number: i64) -> Amount {
    Amount::new(number.into()).expect("numbers of presets are small")
}

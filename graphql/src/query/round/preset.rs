//! Rules to begin with 预设规则, and what each default is based on.

use async_graphql::{Enum, SimpleObject};
use domain::round::Preset;

use super::rules::Rules;

/// A set of rules to begin with 预设规则.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::round::Preset")]
pub enum RulePresetName {
    /// The defaults 默认.
    Default,
    /// Three grades 好、较好、差.
    ThreeGrades,
    /// Reviews 20 %, comparisons 80 % of a year 二八开.
    TwentyEighty,
    /// A missing group's weight goes to the others 缺组重新分配权重.
    Renormalise,
}

/// What a default is based on 依据.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct RuleBasis {
    /// Which rule: the field of the rules.
    rule: &'static str,
    /// What it is by default.
    value: &'static str,
    /// Where that comes from.
    basis: &'static str,
    /// The same in Chinese.
    basis_zh: &'static str,
}

const fn of(rule: &'static str, value: &'static str, basis: &'static str, basis_zh: &'static str) -> RuleBasis {
    RuleBasis { rule, value, basis, basis_zh }
}

const OURS: (&str, &str) = ("chosen by the makers of this program", "本系统自定");
const PUBLISHED: (&str, &str) = ("published methods of evaluation and of counting ballots", "公开发布的评议和计票办法");
const PROGRAMME: (&str, &str) = ("the programme of 2022", "2022 年活动方案");
const COMPANY: (&str, &str) = ("usual practice of companies", "企业通行做法");

/// Every default with its basis; a preset differs in what its name says.
pub const BASES: [RuleBasis; 16] = [
    of("groups", "leader 40 %, peer 30 %, public 30 %", OURS.0, OURS.1),
    of("groups.dimensions", "duty, contests; politics, discipline, part; service", PROGRAMME.0, PROGRAMME.1),
    of("scale", "100, 85, 70, 50", "a published rule of a unit in Hunan", "湖南某单位公开发布的办法"),
    of("bands", "90, 70, 60", "a published rule of a county", "某县公开发布的办法"),
    of("turnout", "more than 1/2", PUBLISHED.0, PUBLISHED.1),
    of("blankTakesPart", "true", PUBLISHED.0, PUBLISHED.1),
    of("gap", "INCOMPLETE", OURS.0, OURS.1),
    of("trimFrom", "off; 7 where it is on", "practice of contests", "竞赛评分惯例"),
    of("ties", "a shared rank", "published: ties are allowed", "公开发布的办法:允许并列"),
    of(
        "cap",
        "1/3 of the formal members of a branch",
        "published: excellent is at most a third as a rule",
        "公开发布的办法:优秀一般不超过三分之一",
    ),
    of("threshold", "5, never under 3", "a common default of anonymous surveys", "匿名调查通行门槛"),
    of("selfReview", "true, without weight", OURS.0, OURS.1),
    of("publicityDays", "5", OURS.0, OURS.1),
    of("appealDays, answerDays", "7, 10", COMPANY.0, COMPANY.1),
    of(
        "talks",
        "under 60, or the last tenth twice in a row of at least 10",
        "published, and chosen by the makers of this program",
        "公开发布的办法,部分为本系统自定",
    ),
    of("year", "reviews 40 %, comparisons 60 %, at least 2 quarters", PUBLISHED.0, PUBLISHED.1),
];

/// A set of rules to begin with 预设规则.
#[derive(Debug, Clone, SimpleObject)]
pub struct RulePreset {
    /// Its name.
    name: RulePresetName,
    /// Its rules, with an empty calendar: Monday to Friday.
    rules: Rules,
    /// What each default is based on.
    bases: Vec<RuleBasis>,
}

impl RulePreset {
    /// Every preset.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let of = |preset: Preset| Self { name: preset.into(), rules: (&preset.rules()).into(), bases: BASES.to_vec() };
        Preset::ALL.map(of).into()
    }
}

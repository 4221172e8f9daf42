//! What people say of somebody at a level: marks, ballots, words.

use std::collections::BTreeMap;

use domain::round::{Code, Count, Counts, GroupRule, Marks, Rules};

use crate::demo::draws::Draws;
use crate::demo::metrics::code;
use crate::demo::money::whole;

/// A leader's marks, around the level.
#[must_use]
pub fn marks(level: u32, draws: &mut Draws) -> Marks {
    let spread = draws.between(0, 3);
    let (level, spread) = (i64::from(level), i64::try_from(spread).unwrap_or_default());
    BTreeMap::from([(code("duty"), whole(level + spread)), (code("contests"), whole(level - spread))])
}

/// The counts of so many ballots in every dimension of a group; by dimension a little better or worse.
#[must_use]
pub fn counts(rules: &Rules, group: &GroupRule, level: u32, ballots: u32, draws: &mut Draws) -> Counts {
    let lean = [2, 0, -2];
    let one = |(at, code): (usize, &Code)| {
        let unknown = u32::from(ballots > 10 && draws.once_in(4));
        let level = level.saturating_add_signed(lean[at % lean.len()]);
        let count = Count { grades: grades(rules, level, ballots - unknown), unknown, invalid: 0 };
        (code.clone(), count)
    };
    group.dimensions.iter().map(|dimension| &dimension.code).enumerate().map(one).collect()
}

/// So many grades whose mean is the level, nearly: of the two between whose points it lies.
fn grades(rules: &Rules, level: u32, ballots: u32) -> BTreeMap<Code, u32> {
    let points = |at: usize| u32::try_from(rules.scale[at].points.decimal()).unwrap_or_default();
    let lower = (1..rules.scale.len()).find(|at| points(*at) <= level).unwrap_or(rules.scale.len() - 1);
    let (best, least) = (points(lower - 1), points(lower));
    let better = ballots * level.clamp(least, best).saturating_sub(least) / (best - least);
    let (upper, lower) = (rules.scale[lower - 1].grade.clone(), rules.scale[lower].grade.clone());
    BTreeMap::from([(upper, better), (lower, ballots - better)])
}

/// What somebody says of their own quarter.
pub const SELF_REVIEWS: [&str; 6] = [
    "按要求完成本季度任务,积极参加主题党日,今后加强业务学习",
    "坚持佩戴党徽上岗,服务客户耐心细致,时间管理还需改进",
    "主动承担急难任务,参加志愿服务两次,创新意识不足",
    "本季度业绩稳步提升,团结同事,对新系统掌握还不熟练",
    "履行公开承诺,参加技能比武,沟通方式有待改进",
    "遵守纪律和合规要求,带动身边同事,调研走访偏少",
];

/// What a leader remarks.
pub const COMMENTS: [&str; 5] = [
    "履职到位,比武表现积极,望继续保持",
    "工作踏实,建议多参与三比活动",
    "服务意识强,客户反映好",
    "进度偏慢,下季度要补齐短板",
    "能带动班组,示范作用明显",
];

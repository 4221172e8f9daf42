//! From answers to the score of a group.

use domain::amount::Amount;
use domain::round::{DimensionResult, GroupResult, Rules};

use super::{Step, divided, weighed, why};

/// A line for each dimension and one for the group.
pub fn steps(rules: &Rules, result: &GroupResult) -> Vec<Step> {
    let group = result.group;
    let Some(score) = &result.score else {
        let (en, zh) = result.gap.map(why).unwrap_or(("it has no answers", "没有评价"));
        return vec![
            Step::line(None, format!("{group}: no score, since {en}"), format!("{group:#}:无得分,因{zh}")).of(group),
        ];
    };
    let dimensions = result.dimensions.iter().map(|of| dimension(rules, result, of));
    let parts: Vec<_> = result.dimensions.iter().map(|of| (of.weight, &of.mean)).collect();
    let (sum, shown) = (weighed(&parts), score.by_hand());
    let whole = Step::line(Some(score), format!("{group}: {sum} = {shown}"), format!("{group:#}:{sum} = {shown}"));
    dimensions.chain([whole.of(group)]).collect()
}

fn dimension(rules: &Rules, of: &GroupResult, result: &DimensionResult) -> Step {
    let (group, code) = (of.group, &result.dimension);
    let asked = rules.group(group).and_then(|rule| rule.dimensions.iter().find(|asked| asked.code == *code));
    let title = asked.map_or_else(|| code.to_string(), |asked| asked.title.to_string());
    let (mean, shown) = (values(rules, result).mean(result.trimmed), result.mean.by_hand());
    let (en, zh) = match result.trimmed {
        true => (", without one highest and one lowest", ",去掉一个最高分和一个最低分"),
        false => ("", ""),
    };
    let en = format!("{group}, {code}: {mean} = {shown}{en}");
    let zh = format!("{group:#},{title}:{mean} = {shown}{zh}");
    Step { dimension: Some(code.clone()), ..Step::line(Some(&result.mean), en, zh).of(group) }
}

/// Values with how often each was given.
struct Values {
    given: Vec<(Amount, u64)>,
    /// Whether they are marks, each written by itself.
    are_marks: bool,
}

/// The marks of a dimension, or its grades as points, best first as the rules have them.
fn values(rules: &Rules, result: &DimensionResult) -> Values {
    match &result.count {
        None => Values { given: result.marks.values().map(|mark| (*mark, 1)).collect(), are_marks: true },
        Some(count) => {
            let given = rules.scale.iter().filter_map(|rule| {
                let times = count.grades.get(&rule.grade).copied().filter(|times| *times > 0)?;
                Some((rule.points, u64::from(times)))
            });
            Values { given: given.collect(), are_marks: false }
        }
    }
}

impl Values {
    /// `(4 × 100 + 2 × 85) ÷ 6`, or `(90 + 85) ÷ 2`.
    fn mean(mut self, trimmed: bool) -> String {
        if trimmed {
            self.leave_out(|values| values.iter().copied().max());
            self.leave_out(|values| values.iter().copied().min());
        }
        let times: u64 = self.given.iter().map(|(_, times)| times).sum();
        let term = |(value, times): &(Amount, u64)| match self.are_marks {
            true => value.to_string(),
            false => format!("{times} × {value}"),
        };
        divided(self.given.iter().map(term), &times.to_string())
    }

    /// Leaves one of a value out.
    fn leave_out(&mut self, which: impl Fn(&[Amount]) -> Option<Amount>) {
        let values: Vec<Amount> = self.given.iter().map(|(value, _)| *value).collect();
        let Some(at) = which(&values).and_then(|value| values.iter().position(|other| *other == value)) else { return };
        match self.given[at].1 {
            1 => _ = self.given.remove(at),
            times => self.given[at].1 = times - 1,
        }
    }
}

//! The year's report 年度报告 for a terminal and for machines.
//!
//! # Rules
//! - Money is shown in 万 (10^4) and 亿 (10^8) too; both are moved decimal points, never rounded.
//! - A lower bound is never printed as exact: 800 余, ≥ 800. What nobody reported is 无, not 0.
//!
//! # Not here
//! How figures are made (projections), who may see them (graphql's policy; whoever runs the program sees all).

mod labels;
mod shown;
#[cfg(test)]
mod tests;

use domain::ledger::Exactness;
use domain::period::{Period, Zone};
use graphql::ports::Moment;
use projections::report::Answer;
use serde_json::{Value, json};
use uuid::Uuid;

pub use graphql::query::report::gather;
use labels::label;
use shown::{in_chinese, in_english, padded};

/// The report as text, a line for each figure.
#[must_use]
pub fn text(year: Period, at: Moment, answers: &[Answer], zone: &Zone) -> String {
    let year = year.year();
    let recorded = as_of(at, zone).unwrap_or_else(|| "空 / empty log".to_owned());
    let mut lines = vec![
        format!("三亮三比三评 {year} 年度报告 / The programme's report of {year}"),
        format!("截至 / as of {recorded}, position {}", at.position),
        String::new(),
    ];
    lines.extend(answers.iter().map(|answer| {
        let label = label(answer.code);
        let (chinese, english) = (in_chinese(answer, label.counted_in), in_english(answer));
        let left = format!("{}{}", padded(label.zh, 26), padded(&chinese, 20));
        format!("  {left}{}{english}", padded(label.en, 45))
    }));
    lines.join("\n")
}

/// The report for machines: values are exact decimals in the unit, null where nothing was reported.
#[must_use]
pub fn json(year: Period, at: Moment, origin: Uuid, answers: &[Answer], zone: &Zone) -> Value {
    let figures: Vec<Value> = answers.iter().map(figure).collect();
    json!({
        "year": year.year(),
        "position": at.position.to_string(),
        "origin": origin,
        "asOf": as_of(at, zone),
        "figures": figures,
    })
}

fn figure(answer: &Answer) -> Value {
    let label = label(answer.code);
    json!({
        "code": answer.code,
        "value": answer.value,
        "unit": answer.unit.code().to_uppercase(),
        "exactness": match answer.exactness {
            Exactness::Exact => "EXACT",
            Exactness::AtLeast => "AT_LEAST",
        },
        "label": { "zh": label.zh, "en": label.en },
    })
}

/// When the last event taken in was recorded, in the organisation's zone; nothing for an empty log.
fn as_of(at: Moment, zone: &Zone) -> Option<String> {
    let zoned = at.recorded_at?.to_zoned(zone.time_zone().clone());
    Some(zoned.timestamp().display_with_offset(zoned.offset()).to_string())
}

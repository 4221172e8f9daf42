//! Ours against theirs, for every person: score, group fractions, gaps, grade, border tie, rank.

use domain::amount::Amount;
use domain::id::MemberId;
use domain::round::{Basis, Gap, GroupResult, MemberResult, Rules};
use serde_json::{Value, json};

use super::ruling::Results;

/// What a bundle is to lead to.
pub struct Expected {
    pub label: String,
    pub bundle: Value,
    pub rules: Rules,
    pub results: Results,
    /// Made of what was published: of a group that is not shown, nobody can tell why.
    pub from_outside: bool,
    /// Grades are proposed at the tally: a correction later moves no cap.
    pub with_grades: bool,
    /// Whom it is about; everybody, where nobody is named.
    pub only: Option<MemberId>,
}

impl Expected {
    /// Fails with everything that differs.
    pub fn meet(&self, answer: &Value) {
        let about = |people: Value| about(self.only, people);
        let ours = about(self.ours());
        let theirs = if self.from_outside { veiled(answer["people"].clone()) } else { answer["people"].clone() };
        let theirs = if self.with_grades { theirs } else { without_grades(theirs) };
        let ours = if self.with_grades { ours } else { without_grades(ours) };
        let theirs = about(theirs);
        if ours == theirs && self.stated(answer).is_empty() {
            return;
        }
        let rows = |people: &Value| people.as_array().cloned().unwrap_or_default();
        let differing = rows(&ours).into_iter().zip(rows(&theirs)).filter(|(ours, theirs)| ours != theirs);
        let differing: Vec<String> =
            differing.map(|(ours, theirs)| format!("ours   {ours}\ntheirs {theirs}\n")).collect();
        let (error, stated) = (&answer["error"], self.stated(answer));
        panic!("{}\n{}{stated:?}\n{error}\n{}", self.label, differing.concat(), self.bundle);
    }

    /// What the bundle states and the recount does not find.
    fn stated<'a>(&self, answer: &'a Value) -> Vec<&'a Value> {
        answer["differences"].as_array().into_iter().flatten().collect()
    }

    /// Our results in the form of their answer, in the order of the bundle.
    fn ours(&self) -> Value {
        let people = self.bundle["people"].as_array().unwrap().iter();
        people.map(|person| self.person(person["member"].as_str().unwrap().parse().unwrap())).collect()
    }

    fn person(&self, member: MemberId) -> Value {
        let result = self.results.get(&member);
        let groups: &[GroupResult] = match result.map(|result| &result.basis) {
            Some(Basis::Reviews { groups }) => groups,
            Some(Basis::Year { .. }) | None => &[],
        };
        let gap = |gap: Gap| if self.from_outside && gap == Gap::BelowThreshold { Gap::NoAnswer } else { gap };
        let group = |of: &GroupResult| json!({ "group": of.group, "score": of.score, "gap": of.gap.map(gap) });
        json!({
            "member": member,
            "score": result.and_then(|result| result.score).map(two_places),
            "grade": result.and_then(|result| result.proposed.clone()),
            "border_tie": result.is_some_and(|result| result.border_tie),
            "rank": result.and_then(|result| self.rank(result)),
            "groups": groups.iter().map(group).collect::<Vec<_>>(),
        })
    }

    /// One more than how many are ahead by the score and what parts those with one score.
    fn rank(&self, result: &MemberResult) -> Option<usize> {
        let key = |result: &MemberResult| {
            let ties = self.rules.ties.iter().map(|rule| result.tie_key(*rule)).collect::<Vec<Option<Amount>>>();
            Some((result.score?, ties))
        };
        let own = key(result)?;
        Some(1 + self.results.values().filter_map(key).filter(|other| *other > own).count())
    }
}

fn two_places(score: Amount) -> String {
    let mut decimal = score.decimal();
    decimal.rescale(2);
    decimal.to_string()
}

fn about(only: Option<MemberId>, people: Value) -> Value {
    let Some(member) = only.map(|member| json!(member)) else { return people };
    people.as_array().into_iter().flatten().filter(|person| person["member"] == member).cloned().collect()
}

fn veiled(mut people: Value) -> Value {
    for group in people.as_array_mut().into_iter().flatten().flat_map(|person| person["groups"].as_array_mut().unwrap())
    {
        if group["gap"] == "below_threshold" {
            group["gap"] = json!("no_answer");
        }
    }
    people
}

fn without_grades(mut people: Value) -> Value {
    for person in people.as_array_mut().into_iter().flatten() {
        (person["grade"], person["border_tie"]) = (Value::Null, Value::Null);
    }
    people
}

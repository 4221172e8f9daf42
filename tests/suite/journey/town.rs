//! A small organisation that most stories begin with.
//!
//! ```text
//! @root 市分公司党委
//! ├─ @company 东区分公司 ─┬─ @first 第一支部: @ana @bo (cadres), @chen
//! │                       └─ @second 第二支部: @dai (on probation)
//! └─ @third 机关支部
//! ```
//! Outlets of @first: @hall, @branch_hall (financial), @station (delivery). Metrics: premium_new (yuan, summed, by month,
//! for both), pieces (counted, the latest, by month, for members), points (averaged, by quarter, for branches), days
//! (the fewer the better, by month, for members).

use serde_json::json;

use super::teller::{Ears, Teller};

/// The organisation at noon of a day.
pub async fn town(heard: Ears, day: &str) -> Teller {
    let teller = Teller::begin(heard, &format!("{day}T04:00:00Z")).await;
    branches(&teller).await;
    people(&teller).await;
    outlets(&teller).await;
    metrics(&teller).await;
    teller
}

async fn branches(t: &Teller) {
    t.make("root", "establishBranch", json!({ "kind": "COMMITTEE", "name": "市分公司党委", "on": "2020-01-01" })).await;
    for (name, kind, parent, title) in [
        ("company", "BRANCH_COMPANY", "@root", "东区分公司"),
        ("first", "BRANCH", "@company", "第一支部"),
        ("second", "BRANCH", "@company", "第二支部"),
        ("third", "GENERAL_BRANCH", "@root", "机关支部"),
    ] {
        let input = json!({ "kind": kind, "parent": parent, "name": title, "on": "2020-02-01" });
        t.make(name, "establishBranch", input).await;
    }
}

async fn people(t: &Teller) {
    for (name, branch, number, called, post, until) in [
        ("ana", "@first", "A-001", "阿依古丽·买买提", "CADRE", None),
        ("bo", "@first", "A-002", "试䶮", "CADRE", None),
        ("chen", "@first", "A-003", "陈𠮷", "STAFF", None),
        ("dai", "@second", "B-001", "Zoë d’Arc", "STAFF", Some("2023-01-04")),
    ] {
        let input = json!({
            "branch": branch, "staffNumber": number, "name": called, "contact": format!("{number}@example.org"),
            "post": post, "on": "2021-01-04", "probationUntil": until,
        });
        t.make(name, "registerMember", input).await;
    }
}

async fn outlets(t: &Teller) {
    for (name, kind, title) in [
        ("hall", "FINANCIAL", "人民路网点"),
        ("branch_hall", "FINANCIAL", "新华街网点"),
        ("station", "DELIVERY", "东区揽投部"),
    ] {
        t.make(name, "openOutlet", json!({ "branch": "@first", "kind": kind, "name": title, "on": "2021-02-01" }))
            .await;
    }
}

async fn metrics(t: &Teller) {
    for (code, name, unit, direction, aggregation, grain, subjects) in [
        ("premium_new", "新单保费", "YUAN", "HIGHER_IS_BETTER", "SUM", "MONTH", "BOTH"),
        ("pieces", "揽件量", "PIECES", "HIGHER_IS_BETTER", "LAST", "MONTH", "MEMBERS"),
        ("points", "党建评分", "POINTS", "HIGHER_IS_BETTER", "DAILY_MEAN", "QUARTER", "BRANCHES"),
        ("days", "处理天数", "TIMES", "LOWER_IS_BETTER", "SUM", "MONTH", "MEMBERS"),
    ] {
        let input = json!({
            "code": code, "name": name, "unit": unit, "direction": direction, "aggregation": aggregation,
            "grain": grain, "subjects": subjects,
        });
        t.yes("defineMetric", input).await;
    }
}

/// A month of 2022.
pub fn month(month: u8) -> serde_json::Value {
    json!({ "month": { "year": 2022, "month": month } })
}

/// A quarter of 2022.
pub fn quarter(quarter: u8) -> serde_json::Value {
    json!({ "quarter": { "year": 2022, "quarter": quarter } })
}

/// The year 2022.
pub fn year() -> serde_json::Value {
    json!({ "year": 2022 })
}

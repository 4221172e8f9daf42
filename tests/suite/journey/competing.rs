//! The three comparisons 三比: results, skills, style; and what they make of boards, competitions and the report.

use serde_json::{Value, json};

use super::teller::{Ears, Teller};
use super::town::{month, quarter, town, year};

/// Plans, results, corrections, boards, competitions, contests, honours, training, theme days, improvements.
pub async fn results_skills_and_style_are_compared(heard: Ears) {
    let t = town(heard, "2022-04-15").await;
    t.remember().await;
    results(&t).await;
    t.remember().await;
    boards(&t).await;
    competition(&t).await;
    t.remember().await;
    corrections(&t).await;
    t.remember().await;
    withdrawals(&t).await;
    changes(&t).await;
    t.remember().await;
    skills(&t).await;
    t.remember().await;
    training(&t).await;
    t.remember().await;
    style(&t).await;
    t.remember().await;
    report(&t).await;
    t.recall().await;
    t.end().await;
}

async fn results(t: &Teller) {
    for (member, of, value) in [
        ("@ana", 1, "100"),
        ("@ana", 2, "50.50"),
        ("@ana", 3, "49.50"), // 200.00
        ("@bo", 1, "150"),
        ("@bo", 3, "0"),
        ("@chen", 2, "150.00"),
        ("@dai", 1, "20"),
        ("@dai", 2, "30"),
    ] {
        let input = json!({ "member": member, "metric": "premium_new", "period": month(of), "value": value });
        t.yes("reportMemberResult", input).await;
    }
    for (member, value) in [("@ana", 9), ("@bo", 3), ("@chen", 3)] {
        let input = json!({ "member": member, "metric": "days", "period": month(3), "value": value });
        t.yes("reportMemberResult", input).await;
    }
    let plan = json!({ "member": "@ana", "metric": "premium_new", "period": year(), "plan": "400", "base": "160" });
    t.yes("setMemberTarget", plan).await;
    let plan = json!({ "member": "@dai", "metric": "premium_new", "period": year(), "plan": "40" });
    t.yes("setMemberTarget", plan).await;
    let query =
        "{ member(id: \"@ana\", NOW) { standings(filter: { metric: \"premium_new\", period: { year: 2022 } }) { nodes {
        value plan base completion scheduleCompletion growth overPlan results exactness period { text grain firstDay endDay } } } } }";
    assert_eq!(
        t.ask(query).await["member"]["standings"]["nodes"],
        json!([{
            "value": "200.00", "plan": "400.00", "base": "160.00", "completion": "50.00", "scheduleCompletion": "202.78", "growth": "25.00",
            "overPlan": "-200.00", "results": 3, "exactness": "EXACT",
            "period": { "text": "2022", "grain": "YEAR", "firstDay": "2022-01-01", "endDay": "2023-01-01" },
        }])
    );
}

/// A board as rank, score and subject.
async fn board(t: &Teller, board: &str, when: &str) -> Value {
    let query = format!("{{ leaderboard(board: {board}, {when}) {{ nodes {{ rank score subject {{ of }} }} }} }}");
    let nodes = t.ask(&query).await["leaderboard"]["nodes"].take();
    let line = |node: &Value| json!([node["rank"], node["score"], node["subject"]["of"]]);
    nodes.as_array().unwrap().iter().map(line).collect()
}

fn premium(period: &str, more: &str) -> String {
    format!("{{ subject: MEMBER, measure: {{ metric: \"premium_new\" }}, period: {period}{more} }}")
}

/// Those of one rank stand by id, which ranks nobody; here they are put in order of their names.
fn by_name(board: Value) -> Value {
    let mut lines = board.as_array().unwrap().clone();
    lines.sort_by_key(|line| (line[0].as_u64(), line[2].as_str().map(str::to_owned)));
    lines.into()
}

async fn boards(t: &Teller) {
    let year = by_name(board(t, &premium("{ year: 2022 }", ""), "NOW").await);
    assert_eq!(
        year,
        json!([[1, "200.00", "@ana"], [2, "150.00", "@bo"], [2, "150.00", "@chen"], [4, "50.00", "@dai"],])
    );
    let quarter = by_name(board(t, &premium("{ quarter: { year: 2022, quarter: 1 } }", ""), "NOW").await);
    assert_eq!(quarter, year, "so far the quarter is the year");
    let march = board(t, &premium("{ month: { year: 2022, month: 3 } }", ""), "NOW").await;
    assert_eq!(march, json!([[1, "49.50", "@ana"], [2, "0.00", "@bo"]]), "a zero is a number, nothing is not");
    let within = board(t, &premium("{ year: 2022 }", ", within: \"@second\""), "NOW").await;
    assert_eq!(within, json!([[1, "50.00", "@dai"]]));
    let completion = board(t, &premium("{ year: 2022 }", ", rankedBy: PLAN_COMPLETION"), "NOW").await;
    assert_eq!(completion, json!([[1, "125.00", "@dai"], [2, "50.00", "@ana"]]));
    let growth = board(t, &premium("{ year: 2022 }", ", rankedBy: GROWTH"), "NOW").await;
    assert_eq!(growth, json!([[1, "25.00", "@ana"]]));
    let fewest = "{ subject: MEMBER, measure: { metric: \"days\" }, period: { month: { year: 2022, month: 3 } } }";
    assert_eq!(by_name(board(t, fewest, "NOW").await), json!([[1, "3", "@bo"], [1, "3", "@chen"], [3, "9", "@ana"]]));
    // Less is better: who stays under the plan has more than completed it, and leads.
    for (member, plan) in [("@ana", "10"), ("@bo", "12")] {
        let plan = json!({ "member": member, "metric": "days", "period": month(3), "plan": plan });
        t.yes("setMemberTarget", plan).await;
    }
    let sparing = "{ subject: MEMBER, measure: { metric: \"days\" }, period: { month: { year: 2022, month: 3 } }, rankedBy: PLAN_COMPLETION }";
    assert_eq!(board(t, sparing, "NOW").await, json!([[1, "175.00", "@bo"], [2, "110.00", "@ana"]]));
    let query = format!(
        "{{ rank(board: {0}, subject: \"@chen\", NOW) {{ rank score value results }} nobody: rank(board: {0}, subject: \"@first\", NOW) {{ rank }} }}",
        premium("{ year: 2022 }", "")
    );
    assert_eq!(
        t.ask(&query).await,
        json!({
            "rank": { "rank": 2, "score": "150.00", "value": "150.00", "results": 1 }, "nobody": null,
        })
    );
}

async fn competition(t: &Teller) {
    let announce = |title: &str, metric: &str, period: Value, competitors: &str, by: &str| {
        json!({
            "branch": "@company", "title": title, "metric": metric, "period": period, "competitors": competitors,
            "rankedBy": by,
        })
    };
    let spring = announce("开门红", "premium_new", quarter(1), "MEMBERS", "VALUE");
    t.make("spring", "announceCompetition", spring).await;
    let whole = announce("全年赛", "premium_new", year(), "BRANCHES", "PLAN_COMPLETION");
    t.make("whole", "announceCompetition", whole).await;
    t.no("time.period_not_over", "concludeCompetition", json!({ "branch": "@company", "competition": "@whole" })).await;
    t.yes("concludeCompetition", json!({ "branch": "@company", "competition": "@spring" })).await;
    t.mark("concluded");
    let concluded = t.last().to_string();
    let query = "{ competition(id: \"@spring\", NOW) { title branch { id } metric { code } period { text } competitors
                   rankedBy concludedAt board { position nodes { rank subject { of } } } }
                   competitions(filter: { competitors: BRANCHES }, NOW) { nodes { id concludedAt } } }";
    let told = t.ask(query).await;
    assert_eq!(told["competitions"]["nodes"], json!([{ "id": "@whole", "concludedAt": null }]));
    let spring = &told["competition"];
    assert_eq!((&spring["concludedAt"], &spring["board"]["position"]), (&json!(concluded), &json!(concluded)));
    assert_eq!(spring["board"]["nodes"][0], json!({ "rank": 1, "subject": { "of": "@ana" } }));
    let subjects =
        "{ leaderboard(board: { subject: BRANCH, measure: { competition: \"@spring\" } }, NOW) { position } }";
    t.fails("board.wrong_subject", subjects).await;
    let outside = "{ leaderboard(board: { subject: MEMBER, measure: { competition: \"@spring\" }, period: { year: 2022 } }, NOW) { position } }";
    t.fails("board.period_outside", outside).await;
}

/// A correction names what it corrects; figures follow, the concluded board does not.
async fn corrections(t: &Teller) {
    t.on("2022-04-20");
    let query = "{ member(id: \"@chen\", NOW) { results(filter: { metric: \"premium_new\" }) { nodes { result value corrections exactness } } } }";
    let told = t.ask(query).await["member"]["results"]["nodes"][0].take();
    t.call("result", told["result"].as_str().unwrap());
    t.no(
        "result.already_reported",
        "reportMemberResult",
        json!({
            "member": "@chen", "metric": "premium_new", "period": month(2), "value": "1500",
        }),
    )
    .await;
    let correct = |corrects: &str, value: &str| {
        json!({
            "member": "@chen", "corrects": corrects, "value": value, "exactness": "AT_LEAST", "reason": "漏记一单",
        })
    };
    t.make("corrected", "correctMemberResult", correct("@result", "1500")).await;
    let refusal = t.no("result.already_corrected", "correctMemberResult", correct("@result", "1")).await;
    assert!(
        refusal["facts"].as_array().unwrap().contains(&json!({ "name": "latest", "value": "@corrected" })),
        "{refusal}"
    );
    assert_eq!(
        t.ask(query).await["member"]["results"]["nodes"],
        json!([
            { "result": "@corrected", "value": "1500.00", "corrections": 1, "exactness": "AT_LEAST" },
        ])
    );
    let board_now = board(t, &premium("{ year: 2022 }", ""), "NOW").await;
    assert_eq!(board_now[0], json!([1, "1500.00", "@chen"]));
    let of_spring = "{ subject: MEMBER, measure: { competition: \"@spring\" } }";
    let frozen = by_name(board(t, of_spring, "NOW").await);
    assert_eq!(
        frozen,
        json!([[1, "200.00", "@ana"], [2, "150.00", "@bo"], [2, "150.00", "@chen"], [4, "50.00", "@dai"],])
    );
    for then in ["AT_concluded", "ON_concluded"] {
        assert_eq!(by_name(board(t, &premium("{ year: 2022 }", ""), then).await), frozen, "{then}");
    }
}

/// What was reported of the wrong member, or planned by mistake, is taken back: the board forgets it, the past does not.
async fn withdrawals(t: &Teller) {
    let query =
        "{ member(id: \"@dai\", NOW) { standings(filter: { metric: \"premium_new\", period: { year: 2022 } }) { nodes {
        value plan completion results } } } }";
    let before = t.ask(query).await;
    let report = json!({ "member": "@dai", "metric": "premium_new", "period": month(3), "value": "7000" });
    t.make("mistaken", "reportMemberResult", report.clone()).await;
    t.mark("mistaken");
    let withdraw = json!({ "member": "@dai", "result": "@mistaken", "reason": "记错了人" });
    t.yes("withdrawMemberResult", withdraw.clone()).await;
    t.no("result.unknown", "withdrawMemberResult", withdraw).await;
    assert_eq!(t.ask(query).await, before);
    let year = premium("{ year: 2022 }", "");
    let best = |board: Value| board[0].clone();
    assert_eq!(best(board(t, &year, "AT_mistaken").await), json!([1, "7050.00", "@dai"]));
    assert_eq!(best(board(t, &year, "NOW").await), json!([1, "1500.00", "@chen"]));
    // The period is free again, and what is reported then is withdrawn too.
    t.make("again", "reportMemberResult", report).await;
    t.yes("withdrawMemberResult", json!({ "member": "@dai", "result": "@again", "reason": "又记错了" })).await;
    let nothing = json!({ "member": "@dai", "metric": "premium_new", "period": quarter(1) });
    t.no("target.empty", "setMemberTarget", nothing.clone()).await;
    let planned = json!({ "member": "@dai", "metric": "premium_new", "period": quarter(1), "plan": "9" });
    t.yes("setMemberTarget", planned).await;
    t.yes("setMemberTarget", nothing).await;
    let plans = "{ member(id: \"@dai\", NOW) { results(filter: { period: { quarter: { year: 2022, quarter: 1 } } }) { nodes { plan } } } }";
    assert_eq!(t.ask(plans).await["member"]["results"]["nodes"], json!([{ "plan": null }]));
}

/// A board at two moments: who moved, from where to where, and by which events.
async fn changes(t: &Teller) {
    let moment = |mark: &str| t.filled(mark).trim_start_matches("asOf: ").to_owned();
    let (concluded, mistaken) = (moment("AT_concluded"), moment("AT_mistaken"));
    let now = format!("{{ position: \"{}\" }}", t.last());
    let change = |board: &str, from: &str, to: &str, more: &str| {
        format!(
            "{{ leaderboardChange(board: {board}, from: {from}, to: {to}{more}) {{ movedCount totalCount nodes {{ \
             subject {{ of }} before {{ rank score }} after {{ rank score }} ranksUp scoreChange events(first: 5) {{ nodes {{ type }} }} }} \
             pageInfo {{ hasNextPage endCursor }} }} }}"
        )
    };
    let year = premium("{ year: 2022 }", "");
    let told = t.ask(&change(&year, &concluded, &mistaken, "")).await["leaderboardChange"].take();
    let chen = json!({
        "subject": { "of": "@chen" }, "before": { "rank": 2, "score": "150.00" }, "after": { "rank": 2, "score": "1500.00" },
        "ranksUp": 0, "scoreChange": "1350.00", "events": { "nodes": [{ "type": "member_result_corrected" }] },
    });
    let dai = json!({
        "subject": { "of": "@dai" }, "before": { "rank": 4, "score": "50.00" }, "after": { "rank": 1, "score": "7050.00" },
        "ranksUp": 3, "scoreChange": "7000.00", "events": { "nodes": [{ "type": "member_result_reported" }] },
    });
    assert_eq!((&told["movedCount"], &told["totalCount"]), (&json!(2), &json!(2)));
    assert_eq!(told["nodes"], json!([dai, chen]), "who was only overtaken has not moved");
    let first = t.ask(&change(&year, &concluded, &mistaken, ", first: 1")).await["leaderboardChange"].take();
    let cursor = first["pageInfo"]["endCursor"].as_str().unwrap();
    let second = t.ask(&change(&year, &concluded, &mistaken, &format!(", after: \"{cursor}\""))).await;
    assert_eq!((&first["nodes"], &first["movedCount"]), (&json!([dai]), &json!(2)));
    assert_eq!(second["leaderboardChange"]["nodes"], json!([chen]));
    // Reported, taken back, reported and taken back again: between then and now by two events, over all by none.
    let told = t.ask(&change(&year, &mistaken, &now, "")).await["leaderboardChange"]["nodes"].take();
    let types: Vec<&Value> =
        told[0]["events"]["nodes"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["member_result_withdrawn", "member_result_reported", "member_result_withdrawn"]);
    assert_eq!((&told[0]["scoreChange"], told.as_array().unwrap().len()), (&json!("-7000.00"), 1));
    let within = premium("{ year: 2022 }", ", within: \"@second\"");
    let none = json!({ "movedCount": 0, "totalCount": 0, "nodes": [], "pageInfo": { "hasNextPage": false, "endCursor": null } });
    assert_eq!(t.ask(&change(&within, &concluded, &now, "")).await["leaderboardChange"], none);
    let spring = "{ subject: MEMBER, measure: { competition: \"@spring\" } }";
    assert_eq!(t.ask(&change(spring, &concluded, &now, "")).await["leaderboardChange"], none, "it is concluded");
    // Before it was announced the board is taken as it was drawn up: of everybody's scores then.
    let spring = t.ask(&change(spring, "{ position: \"0\" }", &now, "")).await["leaderboardChange"]["nodes"].take();
    let scores: Vec<&Value> = spring.as_array().unwrap().iter().map(|node| &node["after"]["score"]).collect();
    assert_eq!(scores, ["200.00", "150.00", "150.00", "50.00"]);
    t.fails("board.moments_reversed", &change(&year, &now, &concluded, "")).await;
    let own = t.viewer("id=m; roles=member; member=@chen");
    let mine = change(&premium("{ year: 2022 }", ", within: \"@first\""), &concluded, &now, "");
    assert_eq!(own.ask(&mine).await["leaderboardChange"]["nodes"][0]["events"]["nodes"], chen["events"]["nodes"]);
    let other = t.viewer("id=b; roles=member; member=@bo");
    other.fails("policy.denied", &mine).await;
    drop((own, other));
}

async fn skills(t: &Teller) {
    let input = json!({
        "member": "@ana", "on": "2022-03-20", "title": "点钞比武", "level": "CITY", "place": 2, "teamMates": ["@bo"],
    });
    t.make("contest", "placeInContest", input).await;
    // Another team with the same place in the same contest is another team; nobody stands in it twice.
    let again = |member: &str, mates: Value| {
        json!({
            "member": member, "on": "2022-03-20", "title": "点钞比武", "level": "CITY", "place": 2, "teamMates": mates,
            "contest": "@contest",
        })
    };
    t.no("contest.already_placed", "placeInContest", again("@chen", json!(["@ana"]))).await;
    t.yes("placeInContest", again("@chen", json!(["@dai"]))).await;
    let team = "records(filter: { kind: CONTEST }) { nodes { record title team } }";
    let of = |member: &str| format!("{member}: member(id: \"@{member}\", NOW) {{ {team} }}");
    let told = t.ask(&format!("{{ {} }}", ["ana", "bo", "chen", "dai"].map(of).join(" "))).await;
    let one = |member: &str| told[member]["records"]["nodes"][0].clone();
    assert_eq!((one("ana"), one("chen")), (one("bo"), one("dai")));
    assert_eq!((&one("ana")["record"], &one("ana")["title"]), (&one("chen")["record"], &json!("点钞比武")));
    assert!(one("ana")["team"] != one("chen")["team"] && one("ana")["team"].is_string(), "{told}");
    let input = json!({
        "member": "@ana", "on": "2022-04-01", "title": "服务明星", "level": "PROVINCIAL", "body": "省分公司",
    });
    t.make("honour", "grantHonour", input).await;
    let query = "{ member(id: \"@bo\", NOW) { counts { contests honours } records(filter: { kind: CONTEST }) { nodes {
        record title amount teamSize level } } } ana: member(id: \"@ana\", NOW) { records(filter: { kind: HONOUR }) { nodes {
        title detail level } } } }";
    assert_eq!(
        t.ask(query).await,
        json!({
            "member": {
                "counts": { "contests": 1, "honours": 0 },
                "records": { "nodes": [
                    { "record": "@contest", "title": "点钞比武", "amount": 2, "teamSize": 2, "level": "CITY" },
                ] },
            },
            "ana": { "records": { "nodes": [{ "title": "服务明星", "detail": "省分公司", "level": "PROVINCIAL" }] } },
        })
    );
}

async fn training(t: &Teller) {
    let input = json!({
        "branch": "@company", "on": "2022-04-08", "topic": "反洗钱", "minutes": 90, "attendees": ["@ana", "@bo", "@chen"],
    });
    t.make("training", "holdTraining", input).await;
    let input = json!({
        "branch": "@company", "training": "@training", "added": ["@dai"], "removed": ["@bo"], "reason": "签到表核对",
    });
    t.yes("correctAttendance", input).await;
    let query = "{ training(id: \"@training\", NOW) { topic minutes attendees branch { id } attendance { nodes { member { of } minutes } } }
                   member(id: \"@dai\", NOW) { trainings { nodes { on training { id } } } counts { trainings trainingMinutes } } }";
    let mut told = t.ask(query).await;
    let mut attendance = told["training"]["attendance"]["nodes"].take().as_array().unwrap().clone();
    attendance.sort_by_key(|row| row["member"]["of"].as_str().map(str::to_owned));
    let attended = |name: &str| json!({ "member": { "of": name }, "minutes": 90 });
    assert_eq!(attendance, [attended("@ana"), attended("@chen"), attended("@dai")]);
    assert_eq!((&told["training"]["topic"], &told["training"]["attendees"]), (&json!("反洗钱"), &json!(3)));
    assert_eq!(
        told["member"],
        json!({
            "trainings": { "nodes": [{ "on": "2022-04-08", "training": { "id": "@training" } }] },
            "counts": { "trainings": 1, "trainingMinutes": 90 },
        })
    );
}

async fn style(t: &Teller) {
    let input =
        json!({ "branch": "@first", "on": "2022-04-10", "topic": "学习身边榜样", "attendees": ["@ana", "@chen"] });
    t.make("theme", "holdThemeDay", input).await;
    let input = json!({
        "branch": "@first", "on": "2022-04-11", "what": "延长营业时间", "evidence": "公告照片", "effect": "排队减少",
    });
    t.make("improvement", "reportImprovement", input).await;
    let confirm = json!({ "branch": "@first", "improvement": "@improvement", "on": "2022-04-18", "note": "现场核实" });
    t.no("branch.improvement_own_confirmation", "confirmImprovement", confirm.clone()).await;
    t.viewer("id=deputy; roles=office").yes("confirmImprovement", confirm).await;
    let query = "{ branch(id: \"@first\", NOW) { counts { themeDays improvementsReported improvementsConfirmed }
                   records(filter: { kind: IMPROVEMENT }) { nodes { record state title detail evidence note reportedBy confirmedBy } } } }";
    assert_eq!(
        t.ask(query).await["branch"],
        json!({
            "counts": { "themeDays": 1, "improvementsReported": 1, "improvementsConfirmed": 1 },
            "records": { "nodes": [{
                "record": "@improvement", "state": "CONFIRMED", "title": "延长营业时间", "detail": "排队减少",
                "evidence": "公告照片", "note": "现场核实", "reportedBy": "office", "confirmedBy": "deputy",
            }] },
        })
    );
}

fn figure(report: &Value, code: &str) -> Value {
    let figures = report["report"]["figures"].as_array().unwrap();
    figures.iter().find(|figure| figure["code"] == code).unwrap()["value"].clone()
}

/// A branch's amount and its correction change the figure; the past keeps its own.
async fn report(t: &Teller) {
    let input =
        json!({ "branch": "@company", "metric": "premium_new", "period": year(), "plan": "2000", "base": "1000" });
    t.yes("setBranchTarget", input).await;
    let input = json!({ "branch": "@company", "metric": "premium_new", "period": month(3), "value": "1200.00" });
    t.make("reported", "reportBranchResult", input).await;
    t.mark("reported");
    t.on("2022-04-25");
    let input = json!({ "branch": "@company", "corrects": "@reported", "value": "1300.50", "reason": "补记" });
    t.yes("correctBranchResult", input).await;
    let query = |when: &str| {
        format!(
            "{{ report(year: 2022, {when}) {{ position figures {{ code value events(first: 1) {{ nodes {{ type }} pageInfo {{ hasNextPage endCursor }} }} }} }} }}"
        )
    };
    let now = t.ask(&query("NOW")).await;
    assert_eq!(figure(&now, "premium_new"), "1300.50");
    assert_eq!(figure(&t.ask(&query("AT_reported")).await, "premium_new"), "1200.00");
    assert_eq!(figure(&t.ask(&query("ON_reported")).await, "premium_new"), "1200.00");
    for (code, value) in [
        ("training_sessions", "1"),
        ("training_hours", "1.50"),
        ("training_attendances", "3"),
        ("training_mean_attendance", "3.00"),
        ("training_mean_hours", "1.50"),
        ("honours", "1"),
        ("members_on_duty", "4"),
    ] {
        assert_eq!(figure(&now, code), value, "{code}");
    }
    // The figure opens to its events, a page at a time.
    let figures = now["report"]["figures"].as_array().unwrap();
    let premium = figures.iter().find(|figure| figure["code"] == "premium_new").unwrap();
    assert_eq!(premium["events"]["nodes"], json!([{ "type": "branch_result_reported" }]));
    let cursor = premium["events"]["pageInfo"]["endCursor"].as_str().unwrap();
    let next = t
        .ask(&format!(
            "{{ report(year: 2022, NOW) {{ figures {{ code events(after: \"{cursor}\") {{ nodes {{ type }} }} }} }} }}"
        ))
        .await;
    let figures = next["report"]["figures"].as_array().unwrap();
    let premium = figures.iter().find(|figure| figure["code"] == "premium_new").unwrap();
    assert_eq!(premium["events"]["nodes"], json!([{ "type": "branch_result_corrected" }]));
    let input = json!({ "branch": "@company", "metric": "premium_new", "period": month(2), "value": "5" });
    t.make("unfounded", "reportBranchResult", input).await;
    let input = json!({ "branch": "@company", "result": "@unfounded", "reason": "查无此数" });
    t.yes("withdrawBranchResult", input).await;
    assert_eq!(figure(&t.ask(&query("NOW")).await, "premium_new"), "1300.50");
}

/// The largest amounts there are, from the API through the rows to board and report; one beyond is refused.
pub async fn amounts_at_the_limit_keep_every_digit(heard: Ears) {
    let t = town(heard, "2022-07-15").await;
    let of = |branch: &str, of: u8, value: &str| json!({ "branch": branch, "metric": "premium_new", "period": month(of), "value": value });
    for value in ["10000000000000.01", "-10000000000000.01", "12345678901234567890.12"] {
        let refusal = t.no("amount.out_of_range", "reportBranchResult", of("@first", 1, value)).await;
        assert!(refusal.to_string().contains(value), "{refusal}");
    }
    for (branch, month, value) in [
        ("@first", 1, "10000000000000"),
        ("@first", 2, "9999999999999.99"),
        ("@first", 3, "0.01"),
        ("@second", 1, "9999999999999.97"),
        ("@second", 2, "-9999999999999.99"),
        ("@third", 1, "9999999999999.98"),
    ] {
        t.yes("reportBranchResult", of(branch, month, value)).await;
    }
    let target = |plan: &str| json!({ "branch": "@third", "metric": "premium_new", "period": year(), "plan": plan });
    t.no("amount.out_of_range", "setBranchTarget", target("10000000000000.01")).await;
    t.yes("setBranchTarget", target("10000000000000")).await;
    let query =
        "{ branch(id: \"@third\", NOW) { standings(filter: { metric: \"premium_new\", period: { year: 2022 } }) {
        nodes { value plan completion overPlan } } } }";
    let of_third = json!([{
        "value": "9999999999999.98", "plan": "10000000000000.00", "completion": "100.00", "overPlan": "-0.02",
    }]);
    assert_eq!(t.ask(query).await["branch"]["standings"]["nodes"], of_third);
    let branches = "{ subject: BRANCH, measure: { metric: \"premium_new\" }, period: { year: 2022 } }";
    assert_eq!(
        board(&t, branches, "NOW").await,
        json!([[1, "20000000000000.00", "@first"], [2, "9999999999999.98", "@third"], [3, "-0.02", "@second"],])
    );
    let told = t.ask("{ report(year: 2022, NOW) { figures { code value } } }").await;
    assert_eq!(figure(&told, "premium_new"), "29999999999999.96");
    t.end().await;
}

//! Contests 技能比武, honours 荣誉 and service improvements 作风改进.

use domain::branch::BranchCommand;
use domain::id::{BranchId, ContestId, HonourId, ImprovementId, MemberId, TeamId};
use domain::member::{Level, MemberCommand, TeamMate};
use jiff::civil::{Date, date};

use super::calendar::rounds;
use super::draft::{Act, CONFIRMER, Hour, Timeline, id_of};
use super::draws::Draws;
use super::people::{Line, Person};
use super::tree::{OPENING, Tree};

/// Honours of the year: level, title, body, how many.
const HONOURS: [(Level, &str, &str, usize); 6] = [
    (Level::National, "全国行业技术能手", "全国行业主管单位", 1),
    (Level::Provincial, "全省优质服务标兵", "省分公司", 3),
    (Level::Provincial, "全省先进工作者", "省级行业工会", 2),
    (Level::City, "全市岗位能手", "市总工会", 6),
    (Level::County, "县区优秀志愿者", "县区志愿者协会", 5),
    (Level::Unit, "年度业务明星", "市分公司", 12),
];

/// Places, honours and improvements of the year.
pub fn plan(tree: &Tree, people: &[Person], seed: u64, timeline: &mut Timeline) {
    contests(people, timeline);
    honours(people, seed, timeline);
    improvements(tree, timeline);
}

/// Somebody to whom nothing happens in the year, so that a place or an honour finds them on duty.
fn steady(people: &[Person], line: Line) -> impl Iterator<Item = MemberId> {
    let settled = move |person: &&Person| {
        let calm = person.changes.is_empty() && person.off.is_none() && person.left.is_none();
        person.line == line && person.recorded == OPENING && calm
    };
    people.iter().filter(settled).map(|person| person.id)
}

fn contests(people: &[Person], timeline: &mut Timeline) {
    let team: Vec<MemberId> = steady(people, Line::Office).skip(5).step_by(9).take(4).collect();
    let won =
        Placed {
            contest: 1, on: date(2022, 9, 16), title: "全省合规知识竞赛(团体三等奖)", level: Level::Provincial
        };
    won.place(3, team, timeline);
    let drill =
        Placed { contest: 2, on: date(2022, 6, 24), title: "全市金融业务技能比武", level: Level::City };
    let counters = steady(people, Line::Finance).skip(3).step_by(21);
    for (member, place) in counters.zip([1, 2, 2, 4, 5, 6, 6, 8]) {
        drill.place(place, vec![member], timeline);
    }
    let round = Placed { contest: 3, on: date(2022, 10, 28), title: "全市揽投技能比武", level: Level::City };
    let couriers = steady(people, Line::Delivery).skip(2).step_by(17);
    for (member, place) in couriers.zip([1, 2, 3, 3, 5, 6]) {
        round.place(place, vec![member], timeline);
    }
}

struct Placed {
    contest: u32,
    on: Date,
    title: &'static str,
    level: Level,
}

impl Placed {
    fn place(&self, place: u32, team: Vec<MemberId>, timeline: &mut Timeline) {
        let (contest, on, level) = (ContestId(id_of("contests", self.contest)), self.on, self.level);
        let title = ("title", self.title.to_owned());
        timeline.plan(on, Hour::Day, "places", |id| {
            Act::team_saying(&team.clone(), &title, move |titles| {
                let mut mates = team.iter().zip(titles).map(|(member, title)| TeamMate { member: *member, title });
                let title = mates.next().expect("a title for each of the team").title;
                let (team, team_mates) = (TeamId(id), mates.collect());
                MemberCommand::PlaceInContest { contest, on, title, level, place, team, team_mates }
            })
        });
    }
}

fn honours(people: &[Person], seed: u64, timeline: &mut Timeline) {
    let mut draws = Draws::of(seed, "honours");
    let days = rounds(date(2022, 3, 7), date(2022, 12, 23));
    let lines = [Line::Office, Line::Finance, Line::Delivery];
    let mut honoured = lines.map(|line| steady(people, line).skip(1).step_by(6).collect::<Vec<_>>().into_iter());
    for (at, (level, title, body)) in HONOURS
        .into_iter()
        .flat_map(|(level, title, body, count)| std::iter::repeat_n((level, title, body), count))
        .enumerate()
    {
        let on = *draws.pick(&days);
        let member = honoured[at % 3].next().expect("there are more steady members than honours");
        let words = [("title", title.to_owned()), ("body", body.to_owned())];
        timeline.plan(on, Hour::Day, "honours", |id| {
            Act::member_saying(member, words, move |[title, body]| MemberCommand::GrantHonour {
                honour: HonourId(id),
                on,
                title,
                level,
                body,
            })
        });
    }
}

/// What was improved, what shows it, what it brought.
const IMPROVEMENTS: [[&str; 3]; 5] = [
    ["为边远支部代办账务与审批", "代办登记簿,每月核对一次", "边远支部往返市区的次数明显减少"],
    ["会议室、会务和用车申请改为线上办理", "办公平台的申请记录", "申请当日办结,不再填写纸质单据"],
    ["报表合并填报,同一数据只报一次", "合并后的报表目录", "基层每月少填四张报表"],
    ["窗口延时服务,午间不断岗", "排班表与客户回访", "午间排队时间缩短"],
    ["投递疑难件当日会商", "会商记录", "疑难件隔夜积压基本消除"],
];

/// One reports, somebody else confirms; the last one still waits for that.
fn improvements(tree: &Tree, timeline: &mut Timeline) {
    let nodes = tree.below(Tree::OFFICE).into_iter().take(3).chain([2, 5]);
    let days = [date(2022, 3, 24), date(2022, 5, 26), date(2022, 8, 18), date(2022, 10, 20), date(2022, 12, 14)];
    for (at, (node, on)) in nodes.zip(days).enumerate() {
        let (branch, [what, evidence, effect]) = (tree.id(node), IMPROVEMENTS[at].map(str::to_owned));
        let words = [("what", what), ("evidence", evidence), ("effect", effect)];
        let improvement = ImprovementId(timeline.plan(on, Hour::Day, "improvements", |id| {
            Act::branch_saying(branch, words, move |[what, evidence, effect]| BranchCommand::ReportImprovement {
                improvement: ImprovementId(id),
                on,
                what,
                evidence,
                effect,
            })
        }));
        if at + 1 < IMPROVEMENTS.len() {
            confirm(branch, improvement, on, timeline);
        }
    }
}

fn confirm(branch: BranchId, improvement: ImprovementId, on: Date, timeline: &mut Timeline) {
    let note = [("note", "已到现场核实,情况属实".to_owned())];
    timeline.plan(on, Hour::Close, "confirmations", |_| {
        let confirm = move |[note]: [domain::text::Sealed; 1]| BranchCommand::ConfirmImprovement {
            improvement,
            on,
            note: Some(note),
        };
        Act::branch_saying(branch, note, confirm).by(CONFIRMER)
    });
}

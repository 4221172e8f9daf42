//! Identity and commitments on display 亮身份、亮承诺: badges, volunteer service, plaques, commitments.

use domain::id::{BadgeCheckId, CommitmentId, PlaqueId, ServiceId};
use domain::member::{MemberCommand, Outcome};
use jiff::civil::{Date, date};

use super::calendar::{after, workdays};
use super::draft::{Act, Hour, Timeline};
use super::draws::Draws;
use super::people::{Line, Person};
use super::tree::Tree;

/// Shows everything of the year.
pub fn plan(tree: &Tree, people: &[Person], seed: u64, timeline: &mut Timeline) {
    badges(tree, people, seed, timeline);
    volunteers(people, seed, timeline);
    plaques(people, seed, timeline);
    commitments(people, seed, timeline);
}

const PLACES: [&str; 4] = ["营业大厅", "揽投现场", "机关办公区", "主题党日活动现场"];

/// Each branch is visited once a quarter, and everybody on duty is looked at.
fn badges(tree: &Tree, people: &[Person], seed: u64, timeline: &mut Timeline) {
    let mut draws = Draws::of(seed, "badges");
    for quarter in 0..4_i8 {
        let first = if quarter == 0 { date(2022, 1, 10) } else { date(2022, 3 * quarter + 1, 4) };
        let days = workdays(first, date(2022, 3 * quarter + 3, 28));
        for branch in tree.branches() {
            let on = *draws.pick(&days);
            for person in people.iter().filter(|person| person.on_duty(on) && person.branch_on(on) == branch) {
                let (place, worn) = ([("place", (*draws.pick(&PLACES)).to_owned())], !draws.once_in(33));
                timeline.plan(on, Hour::Day, "badge-checks", |id| {
                    Act::member_saying(person.id, place, move |[place]| MemberCommand::CheckBadge {
                        check: BadgeCheckId(id),
                        on,
                        place,
                        worn,
                    })
                });
            }
        }
    }
}

const SERVICES: [&str; 4] =
    ["社区核酸检测秩序维护", "为隔离居民配送生活物资", "社区卡口值守登记", "为老年人代办邮政业务"];

/// Members of the offices, and some from elsewhere, help in communities.
fn volunteers(people: &[Person], seed: u64, timeline: &mut Timeline) {
    let mut draws = Draws::of(seed, "volunteers");
    let days = workdays(date(2022, 2, 21), date(2022, 12, 16));
    for (at, person) in people.iter().enumerate() {
        let times = match person.line {
            Line::Office => draws.between(1, 4),
            Line::Finance | Line::Delivery if at % 19 == 6 => 1,
            Line::Finance | Line::Delivery => 0,
        };
        for _ in 0..times {
            let (on, minutes) = (*draws.pick(&days), draws.between(4, 16) as u32 * 30);
            let activity = [("activity", (*draws.pick(&SERVICES)).to_owned())];
            if person.on_duty(on) {
                timeline.plan(on, Hour::Day, "services", |id| {
                    Act::member_saying(person.id, activity, move |[activity]| MemberCommand::RecordService {
                        service: ServiceId(id),
                        on,
                        activity,
                        minutes,
                    })
                });
            }
        }
    }
}

const DUTIES: [&str; 3] =
    ["大堂引导与咨询,服务时间 9:00–17:00", "柜面业务办理,诚信服务,接受监督", "片区揽收投递,按约上门,妥投签收"];

/// Those who serve the public have a plaque; a few get a new one in autumn.
fn plaques(people: &[Person], seed: u64, timeline: &mut Timeline) {
    let mut draws = Draws::of(seed, "plaques");
    let days = workdays(date(2022, 3, 1), date(2022, 3, 18));
    let replaced = date(2022, 10, 13);
    for (at, person) in people.iter().enumerate().filter(|(_, person)| person.line != Line::Office) {
        let (on, duty) = (*draws.pick(&days), *draws.pick(&DUTIES));
        if at % 2 == 1 || !person.on_duty(on) {
            continue;
        }
        let plaque = PlaqueId(publish(person, on, duty, timeline));
        if at % 40 == 8 && person.on_duty(replaced) && person.on_duty(after(replaced)) {
            let reason = [("reason", "岗位职责调整,更换公示牌".to_owned())];
            timeline.plan(replaced, Hour::Day, "plaque-withdrawals", |_| {
                Act::member_saying(person.id, reason, move |[reason]| MemberCommand::WithdrawPlaque {
                    plaque,
                    on: replaced,
                    reason,
                })
            });
            publish(person, after(replaced), DUTIES[0], timeline);
        }
    }
}

fn publish(person: &Person, on: Date, duty: &str, timeline: &mut Timeline) -> uuid::Uuid {
    timeline.plan(on, Hour::Day, "plaques", |id| {
        Act::member_saying(person.id, [("duty", duty.to_owned())], move |[duty]| MemberCommand::PublishPlaque {
            plaque: PlaqueId(id),
            on,
            duty,
        })
    })
}

const PROMISES: [&str; 5] = [
    "全年服务零投诉",
    "每月至少帮助一名同事提高业务技能",
    "首问负责,不让客户跑第二趟",
    "按时限投递,破损件当日处理",
    "落实合规要求,业务差错率低于部门平均",
];
const DUE: Date = date(2022, 11, 30);

/// Everybody commits in February; most show evidence by autumn; all are settled in December.
fn commitments(people: &[Person], seed: u64, timeline: &mut Timeline) {
    let mut draws = Draws::of(seed, "commitments");
    let made = workdays(date(2022, 2, 21), date(2022, 2, 25));
    let shown = workdays(date(2022, 6, 6), DUE);
    let settled = workdays(date(2022, 12, 5), date(2022, 12, 20));
    for person in people {
        let (on, evidence_on, settled_on) = (*draws.pick(&made), *draws.pick(&shown), *draws.pick(&settled));
        let (promise, kept) = (*draws.pick(&PROMISES), !draws.once_in(25));
        if !person.on_duty(on) {
            continue;
        }
        let commitment =
            CommitmentId(timeline.plan(on, Hour::Day, "commitments", |id| {
                Act::member_saying(person.id, [("text", promise.to_owned())], move |[text]| {
                    MemberCommand::MakeCommitment { commitment: CommitmentId(id), on, due: DUE, text }
                })
            }));
        if kept && person.on_roster(evidence_on) {
            evidence(person, commitment, evidence_on, timeline);
        }
        if person.on_roster(settled_on) {
            settle(person, commitment, settled_on, kept, timeline);
        }
    }
}

fn evidence(person: &Person, commitment: CommitmentId, on: Date, timeline: &mut Timeline) {
    let words = [("evidence", "月度检查记录与客户回访单,均符合承诺内容".to_owned())];
    timeline.plan(on, Hour::Day, "evidences", |_| {
        Act::member_saying(person.id, words, move |[evidence]| MemberCommand::EvidenceCommitment {
            commitment,
            on,
            evidence,
        })
    });
}

fn settle(person: &Person, commitment: CommitmentId, on: Date, kept: bool, timeline: &mut Timeline) {
    timeline.plan(on, Hour::Day, "settlements", |_| match kept {
        true => {
            let outcome = Outcome::Fulfilled;
            Act::member(person.id, MemberCommand::SettleCommitment { commitment, on, outcome, note: None })
        }
        false => {
            let note = [("note", "期满未提供佐证".to_owned())];
            Act::member_saying(person.id, note, move |[note]| {
                let (outcome, note) = (Outcome::Missed, Some(note));
                MemberCommand::SettleCommitment { commitment, on, outcome, note }
            })
        }
    });
}

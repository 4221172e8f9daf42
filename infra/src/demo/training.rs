//! Training 培训 and theme days 主题党日: 72 sessions, 408 hours, 5,974 attendances in all.

use domain::branch::BranchCommand;
use domain::id::{MemberId, ThemeDayId, TrainingId};
use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::calendar::{workday, workdays};
use super::draft::{Act, Hour, Timeline};
use super::draws::Draws;
use super::people::Person;
use super::tree::Tree;

/// How many sessions.
pub const SESSIONS: usize = 72;
/// How long they are in all, in minutes: 408 hours.
pub const MINUTES: u32 = 24_480;
/// How many attend in all, in person-times.
pub const ATTENDANCES: usize = 5_974;
/// The session whose attendance was noted wrongly at first.
const MISCOUNTED: usize = 20;

const TOPICS: [&str; 8] = [
    "合规知识与案例",
    "金融产品与服务礼仪",
    "揽投作业规范",
    "6S 现场管理",
    "反洗钱与反诈骗",
    "办公自动化技能",
    "安全生产与消防演练",
    "客户维护实务",
];

/// Length in minutes and number of attendees of each session. They come in pairs around the mean, so that the sums are
/// exact.
#[must_use]
pub fn measures(seed: u64) -> Vec<(u32, usize)> {
    let mut draws = Draws::of(seed, "measures");
    let mean = MINUTES / SESSIONS as u32;
    let (low, rest) = (ATTENDANCES / SESSIONS, ATTENDANCES % SESSIONS);
    let pairs = (0..SESSIONS / 2).flat_map(|_| {
        let (minutes, attendees) = (draws.below(9) as u32 * 20, draws.below(41) as usize);
        [(mean - minutes, low + attendees), (mean + minutes, low - attendees)]
    });
    pairs.enumerate().map(|(at, (minutes, attendees))| (minutes, attendees + usize::from(at < rest))).collect()
}

/// Holds the sessions over the year, and a theme day of every branch in every month.
pub fn plan(tree: &Tree, people: &[Person], seed: u64, timeline: &mut Timeline) {
    let mut draws = Draws::of(seed, "training");
    let days = workdays(date(2022, 1, 10), date(2022, 12, 29));
    for (at, (minutes, attendees)) in measures(seed).into_iter().enumerate() {
        let node = match at % 4 {
            0 => Tree::ROOT,
            1 => [Tree::OFFICE, Tree::DELIVERY][at / 4 % 2],
            _ => 1 + (at * 5) % 9,
        };
        let session = Session { node, on: days[at * days.len() / SESSIONS], minutes, topic: TOPICS[at % TOPICS.len()] };
        let present = session.attending(tree, people, attendees, &mut draws);
        match at {
            MISCOUNTED => session.miscount(tree, people, &present, timeline),
            _ => _ = session.hold(tree, present, timeline),
        }
    }
    theme_days(tree, people, &mut draws, timeline);
}

/// A session, apart from who attended.
struct Session {
    node: usize,
    on: Date,
    minutes: u32,
    topic: &'static str,
}

impl Session {
    /// The node's own people first, then others.
    fn attending(&self, tree: &Tree, people: &[Person], count: usize, draws: &mut Draws) -> Vec<MemberId> {
        let below = tree.below(self.node);
        let mut invited: Vec<&Person> = people.iter().filter(|person| person.on_duty(self.on)).collect();
        draws.shuffle(&mut invited);
        invited.sort_by_key(|person| self.node != Tree::ROOT && !below.contains(&person.branch_on(self.on)));
        invited.into_iter().take(count).map(|person| person.id).collect()
    }

    fn hold(&self, tree: &Tree, attendees: Vec<MemberId>, timeline: &mut Timeline) -> TrainingId {
        let (branch, on, minutes) = (tree.id(self.node), self.on, self.minutes);
        TrainingId(timeline.plan(on, Hour::Afternoon, "trainings", |id| {
            Act::branch_saying(branch, [("topic", self.topic.to_owned())], move |[topic]| {
                let (training, attendees) = (TrainingId(id), attendees.clone());
                BranchCommand::HoldTraining { training, on, topic, minutes, attendees }
            })
        }))
    }

    /// One who stayed away is noted and two who came are not; a few days later that is put right.
    fn miscount(&self, tree: &Tree, people: &[Person], present: &[MemberId], timeline: &mut Timeline) {
        let absent = people.iter().find(|person| person.on_duty(self.on) && !present.contains(&person.id));
        let removed = vec![absent.expect("somebody on duty stayed away").id];
        let (noted, added) = present.split_at(present.len() - 2);
        let training = self.hold(tree, [noted, &removed].concat(), timeline);
        let (added, branch) = (added.to_vec(), tree.id(self.node));
        let reason = [("reason", "与签到表核对后更正".to_owned())];
        timeline.plan(workday(self.on.saturating_add(3.days())), Hour::Afternoon, "attendance-corrections", |_| {
            Act::branch_saying(branch, reason, move |[reason]| {
                let (added, removed) = (added.clone(), removed.clone());
                BranchCommand::CorrectAttendance { training, added, removed, reason }
            })
        });
    }
}

const THEMES: [&str; 6] = [
    "学习与承诺践诺交流",
    "合规警示教育",
    "结合业绩谈作风",
    "志愿服务与邻里互助",
    "岗位技能比武交流",
    "季度述职与点评",
];

fn theme_days(tree: &Tree, people: &[Person], draws: &mut Draws, timeline: &mut Timeline) {
    for month in 1..=12_i8 {
        for branch in tree.branches() {
            let on = workday(date(2022, month, 18 + (branch % 6) as i8));
            let own: Vec<&Person> =
                people.iter().filter(|person| person.on_duty(on) && person.branch_on(on) == branch).collect();
            let attendees: Vec<MemberId> = own.iter().filter(|_| !draws.once_in(13)).map(|person| person.id).collect();
            if attendees.is_empty() {
                continue;
            }
            let topic = [("topic", THEMES[month as usize % THEMES.len()].to_owned())];
            timeline.plan(on, Hour::Day, "theme-days", |id| {
                Act::branch_saying(tree.id(branch), topic, move |[topic]| {
                    let (theme_day, attendees) = (ThemeDayId(id), attendees.clone());
                    BranchCommand::HoldThemeDay { theme_day, on, topic, attendees }
                })
            });
        }
    }
}

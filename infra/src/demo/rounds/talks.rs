//! Reminder talks 提醒谈话 of 2022: five person-times 人次, by rule and asked for, with members and with a branch.
//!
//! # Rules
//! - Two members are called by rule, one is asked for, and a branch is talked to with two attendees: five person-times.
//! - One that a rule proposed is declined, and one with a branch that somebody asked for.

use domain::branch::BranchCommand;
use domain::id::{BranchId, MemberId, TalkId};
use domain::member::MemberCommand;
use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::book::Book;
use super::cases::Laggard;
use super::setting::Setting;
use crate::demo::calendar::{after, days_after, workday};
use crate::demo::draft::{Act, CONFIRMER, DEADLINE, Hour, Timeline};
use crate::demo::people::Line;

/// The branch that is talked to, and one with which a talk is declined.
const BRANCH: usize = 15;
const SPARED: usize = 18;
const ASKED: Date = date(2022, 8, 30);

/// Calls, approves, holds, follows up and closes them.
pub fn plan(setting: &Setting<'_>, book: &Book, timeline: &mut Timeline) {
    let leader = setting.elsewhere(&[setting.tree.id(BRANCH)], ASKED, Some(Line::Office))[0];
    for (laggard, quarter) in [(Laggard::Low, 1), (Laggard::LastTwice, 2), (Laggard::Excused, 3)] {
        let member = setting.member(laggard.place(setting.people));
        let Some(held) = book.round_of(quarter, member) else { continue };
        let (talk, judged) = (TalkId::of_round(held.round, member.0), days_after(held.final_on, 2));
        match laggard {
            Laggard::Low | Laggard::LastTwice => Called::Member(member).run(talk, judged, leader, timeline),
            Laggard::Excused => {
                Called::Member(member).decline(talk, judged, "该季度因公负伤休养,不宜约谈", timeline);
            }
        }
    }
    let mut asked = setting.people.iter().filter(|person| person.line == Line::Delivery && person.is_steady_cadre());
    if let Some(person) = asked.next_back() {
        ask_and_run(Called::Member(person.id), "连续两月投递差错偏多,建议谈话提醒", leader, timeline);
    }
    let own = setting.people.iter().filter(|person| person.branch == BRANCH && person.is_steady_cadre());
    let attendees = own.take(2).map(|person| person.id).collect();
    let branch = Called::Branch(setting.tree.id(BRANCH), attendees);
    ask_and_run(branch, "支部主题党日资料不齐,请党建部约谈支部班子", leader, timeline);
    let spared = Called::Branch(setting.tree.id(SPARED), vec![]);
    let talk = spared.ask("季度任务进度偏慢,建议约谈", timeline);
    spared.decline(talk, days_after(ASKED, 2), "进度已赶上,改为书面提醒", timeline);
}

/// With whom.
#[derive(Clone)]
enum Called {
    Member(MemberId),
    Branch(BranchId, Vec<MemberId>),
}

fn ask_and_run(called: Called, why: &'static str, leader: MemberId, timeline: &mut Timeline) {
    let talk = called.ask(why, timeline);
    called.run(talk, days_after(ASKED, 2), leader, timeline);
}

const RECORD: &str = "指出问题和差距,本人说明情况并表态,约定改进措施和期限";
const NOTE: &str = "改进措施已落实,进度恢复正常";

impl Called {
    fn ask(&self, why: &'static str, timeline: &mut Timeline) -> TalkId {
        let words = [("reason", why.to_owned())];
        TalkId(timeline.plan(ASKED, Hour::Day, "talks", |id| {
            let talk = TalkId(id);
            match self {
                Self::Member(member) => {
                    Act::member_saying(*member, words, move |[reason]| MemberCommand::ProposeTalk { talk, reason })
                }
                Self::Branch(branch, _) => {
                    Act::branch_saying(*branch, words, move |[reason]| BranchCommand::ProposeTalk { talk, reason })
                }
            }
        }))
    }

    fn decline(&self, talk: TalkId, on: Date, why: &'static str, timeline: &mut Timeline) {
        let words = [("reason", why.to_owned())];
        timeline.plan(on, Hour::Books, "talk-judgements", |_| {
            let act = match self {
                Self::Member(member) => {
                    Act::member_saying(*member, words, move |[reason]| MemberCommand::DeclineTalk { talk, reason })
                }
                Self::Branch(branch, _) => {
                    Act::branch_saying(*branch, words, move |[reason]| BranchCommand::DeclineTalk { talk, reason })
                }
            };
            act.by(CONFIRMER)
        });
    }

    /// Approved by another, held a week later, followed up when that is due, closed.
    fn run(&self, talk: TalkId, approved: Date, leader: MemberId, timeline: &mut Timeline) {
        timeline.plan(approved, Hour::Books, "talk-judgements", |_| self.approve(talk).by(CONFIRMER));
        let held = days_after(approved, 5);
        timeline.plan(held, Hour::Day, "talks-held", |_| self.hold(talk, held, leader));
        let due = workday(held.saturating_add(30.days()));
        timeline.plan(due, Hour::Top, "follow-up-calls", |_| self.call(talk).by(DEADLINE));
        timeline.plan(due, Hour::Day, "follow-ups", |_| self.follow_up(talk, due));
        let closed = after(due);
        timeline.plan(closed, Hour::Day, "talks-closed", |_| self.close(talk, closed));
    }

    fn approve(&self, talk: TalkId) -> Act {
        match self {
            Self::Member(member) => Act::member(*member, MemberCommand::ApproveTalk { talk }),
            Self::Branch(branch, _) => Act::branch(*branch, BranchCommand::ApproveTalk { talk }),
        }
    }

    fn hold(&self, talk: TalkId, on: Date, by: MemberId) -> Act {
        let words = [("record", RECORD.to_owned())];
        match self.clone() {
            Self::Member(member) => {
                Act::member_saying(member, words, move |[record]| MemberCommand::HoldTalk { talk, on, by, record })
            }
            Self::Branch(branch, attendees) => Act::branch_saying(branch, words, move |[record]| {
                let attendees = attendees.clone();
                BranchCommand::HoldTalk { talk, on, by, attendees, record }
            }),
        }
    }

    fn call(&self, talk: TalkId) -> Act {
        match self {
            Self::Member(member) => Act::member(*member, MemberCommand::CallFollowUp { talk }),
            Self::Branch(branch, _) => Act::branch(*branch, BranchCommand::CallFollowUp { talk }),
        }
    }

    fn follow_up(&self, talk: TalkId, on: Date) -> Act {
        let words = [("note", NOTE.to_owned())];
        match self {
            Self::Member(member) => {
                Act::member_saying(*member, words, move |[note]| MemberCommand::FollowUpTalk { talk, on, note })
            }
            Self::Branch(branch, _) => {
                Act::branch_saying(*branch, words, move |[note]| BranchCommand::FollowUpTalk { talk, on, note })
            }
        }
    }

    fn close(&self, talk: TalkId, on: Date) -> Act {
        match self {
            Self::Member(member) => Act::member(*member, MemberCommand::CloseTalk { talk, on }),
            Self::Branch(branch, _) => Act::branch(*branch, BranchCommand::CloseTalk { talk, on }),
        }
    }
}

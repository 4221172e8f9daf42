//! Reminder talks with members and branches, step by step.

use domain::branch::BranchCommand;
use domain::id::{RoundId, TalkId};
use domain::member::MemberCommand;
use domain::round::Stage;
use domain::talk::Step;
use domain::world::Command;
use jiff::ToSpan;
use jiff::civil::Date;

use super::{FOLLOW_UP_DAYS, Story, Subject};

/// A talk as the story knows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Talk {
    subject: Subject,
    step: Step,
    follow_up: Option<Date>,
    called: bool,
}

/// What may be done about a talk.
#[derive(Debug, Clone, Copy)]
pub(super) enum Doing {
    Propose,
    Approve,
    Decline,
    Hold,
    Call,
    FollowUp,
    Close,
}

impl Story {
    pub(super) fn of_a_talk(&mut self) -> Option<Command> {
        if self.chance.percent(20) {
            let subject = match self.chance.percent(60) {
                true => Subject::Member(self.a_member()?),
                false => Subject::Branch(self.a_branch()?),
            };
            let talk = TalkId(self.chance.id());
            return self.talk(subject, talk, Doing::Propose);
        }
        if self.chance.percent(20) {
            return self.approve_a_rounds();
        }
        let going_on: Vec<_> = self.talks.iter().map(|(talk, known)| (*talk, *known)).collect();
        let (talk, known) = self.chance.one(&going_on)?;
        let doing = match known.step {
            Step::Proposed if self.chance.percent(25) => Doing::Decline,
            Step::Proposed => Doing::Approve,
            Step::Approved => Doing::Hold,
            Step::Held if known.follow_up > Some(self.today()) && self.chance.percent(70) => return None,
            Step::Held if !known.called && self.chance.percent(50) => Doing::Call,
            Step::Held => Doing::FollowUp,
            Step::FollowedUp | Step::Declined | Step::Closed => Doing::Close,
        };
        self.talk(known.subject, talk, doing)
    }

    /// One that the end of a round may have proposed.
    fn approve_a_rounds(&mut self) -> Option<Command> {
        let ended = self.rounds.iter().filter(|(_, known)| known.stage == Stage::Final);
        let ended: Vec<_> = ended.map(|(round, known)| (*round, known.reviewed.clone())).collect();
        let (round, reviewed): (RoundId, _) = self.chance.one(&ended)?;
        let member = self.chance.one(&reviewed)?;
        self.talk(Subject::Member(member), TalkId::of_round(round, member.0), Doing::Approve)
    }

    /// The command to whomever the talk is with.
    pub(super) fn talk(&mut self, subject: Subject, talk: TalkId, doing: Doing) -> Option<Command> {
        let (on, text) = (self.today(), self.text());
        match subject {
            Subject::Member(member) => {
                use MemberCommand as C;
                let command = match doing {
                    Doing::Propose => C::ProposeTalk { talk, reason: text },
                    Doing::Approve => C::ApproveTalk { talk },
                    Doing::Decline => C::DeclineTalk { talk, reason: text },
                    Doing::Hold => {
                        let by = self.some_members(2).into_iter().find(|other| *other != member)?;
                        C::HoldTalk { talk, on, by, record: text }
                    }
                    Doing::Call => C::CallFollowUp { talk },
                    Doing::FollowUp => C::FollowUpTalk { talk, on, note: text },
                    Doing::Close => C::CloseTalk { talk, on },
                };
                Some(Command::Member(member, command))
            }
            Subject::Branch(branch) => {
                use BranchCommand as C;
                let command = match doing {
                    Doing::Propose => C::ProposeTalk { talk, reason: text },
                    Doing::Approve => C::ApproveTalk { talk },
                    Doing::Decline => C::DeclineTalk { talk, reason: text },
                    Doing::Hold => {
                        let mut attendees = self.some_members(4);
                        let by = attendees.pop()?;
                        C::HoldTalk { talk, on, by, attendees, record: text }
                    }
                    Doing::Call => C::CallFollowUp { talk },
                    Doing::FollowUp => C::FollowUpTalk { talk, on, note: text },
                    Doing::Close => C::CloseTalk { talk, on },
                };
                Some(Command::Branch(branch, command))
            }
        }
    }

    /// Remembers a step; of one that ended nothing.
    pub(super) fn remember_talk(&mut self, subject: Subject, talk: TalkId, step: Step) {
        let follow_up = (step == Step::Held).then(|| self.today() + i64::from(FOLLOW_UP_DAYS).days());
        let known = Talk { subject, step, follow_up, called: false };
        match step {
            Step::Declined | Step::Closed => _ = self.talks.remove(&talk),
            Step::Proposed | Step::Approved | Step::Held | Step::FollowedUp => _ = self.talks.insert(talk, known),
        }
    }

    pub(super) fn remember_call(&mut self, talk: TalkId) {
        if let Some(known) = self.talks.get_mut(&talk) {
            known.called = true;
        }
    }
}

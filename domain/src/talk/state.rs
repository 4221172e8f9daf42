//! What a subject remembers of its talks, and which step comes next.

use std::collections::BTreeMap;
use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TalkRefusal;
use crate::id::{ActorId, BranchId, RoundId, TalkId};
use crate::world::{Stop, World};

/// Days until a talk is followed up, where no rules say otherwise.
pub const FOLLOW_UP_DAYS: u32 = 30;

/// Why a talk is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A score under the limit of the rules; of a branch, the mean of its members.
    ScoreBelow,
    /// In the last part twice in a row.
    LastTwice,
    /// Somebody asked for it.
    Asked,
}

/// How far a talk has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// 已提请
    Proposed,
    /// 已批准
    Approved,
    /// 已否决
    Declined,
    /// 已谈话
    Held,
    /// 已回访
    FollowedUp,
    /// 已办结
    Closed,
}

/// In English; in the alternate form (`{:#}`) in Chinese.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self, f.alternate()) {
            (Self::Proposed, false) => "proposed",
            (Self::Approved, false) => "approved",
            (Self::Declined, false) => "declined",
            (Self::Held, false) => "held",
            (Self::FollowedUp, false) => "followed up",
            (Self::Closed, false) => "closed",
            (Self::Proposed, true) => "已提请",
            (Self::Approved, true) => "已批准",
            (Self::Declined, true) => "已否决",
            (Self::Held, true) => "已谈话",
            (Self::FollowedUp, true) => "已回访",
            (Self::Closed, true) => "已办结",
        })
    }
}

/// A talk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Talk {
    /// How far it has come.
    pub step: Step,
    /// Whoever proposed it; nobody where a rule did.
    pub proposed_by: Option<ActorId>,
    /// The round it follows from.
    pub round: Option<RoundId>,
    /// The day of the last dated step.
    pub last: Option<Date>,
    /// The day of the follow-up.
    pub follow_up: Option<Date>,
    /// Whether that was called for.
    pub called: bool,
}

/// A subject's talks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Talks(BTreeMap<TalkId, Talk>);

impl Talks {
    /// Refuses an id in use.
    ///
    /// # Errors
    /// [`TalkRefusal::IdInUse`].
    pub fn fresh(&self, talk: TalkId) -> Result<(), TalkRefusal> {
        match self.0.contains_key(&talk) {
            true => Err(TalkRefusal::IdInUse { talk }),
            false => Ok(()),
        }
    }

    /// A talk at that step.
    ///
    /// # Errors
    /// [`TalkRefusal::Unknown`], [`TalkRefusal::WrongStep`].
    pub fn at(&self, talk: TalkId, needed: Step) -> Result<&Talk, TalkRefusal> {
        let found = self.0.get(&talk).ok_or(TalkRefusal::Unknown { talk })?;
        match found.step == needed {
            true => Ok(found),
            false => Err(TalkRefusal::WrongStep { talk, step: found.step, needed }),
        }
    }

    /// A talk that is declined: a proposed one by another than who proposed it; an approved one, for whatever reason is
    /// given, by anybody who may.
    ///
    /// # Errors
    /// As [`Talks::judged_by`].
    pub fn declined_by(&self, talk: TalkId, actor: &ActorId) -> Result<(), TalkRefusal> {
        match self.at(talk, Step::Approved) {
            Ok(_) => Ok(()),
            Err(_) => self.judged_by(talk, actor),
        }
    }

    /// A proposed talk, to be approved or declined by another.
    ///
    /// # Errors
    /// As [`Talks::at`], [`TalkRefusal::OwnApproval`].
    pub fn judged_by(&self, talk: TalkId, actor: &ActorId) -> Result<(), TalkRefusal> {
        let found = self.at(talk, Step::Proposed)?;
        match found.proposed_by.as_ref() == Some(actor) {
            true => Err(TalkRefusal::OwnApproval { talk }),
            false => Ok(()),
        }
    }

    /// A talk at that step, on a day not before its last one.
    ///
    /// # Errors
    /// As [`Talks::at`], [`TalkRefusal::BeforeLastStep`].
    pub fn on(&self, talk: TalkId, needed: Step, on: Date) -> Result<&Talk, TalkRefusal> {
        let found = self.at(talk, needed)?;
        match found.last.filter(|last| on < *last) {
            Some(last) => Err(TalkRefusal::BeforeLastStep { talk, on, last }),
            None => Ok(found),
        }
    }

    /// The day of a held talk's follow-up, come and not called for yet.
    ///
    /// # Errors
    /// As [`Talks::at`], [`TalkRefusal::FollowUpNotDue`], [`TalkRefusal::FollowUpCalled`].
    pub fn follow_up_due(&self, talk: TalkId, today: Date) -> Result<Date, TalkRefusal> {
        let found = self.at(talk, Step::Held)?;
        match found.follow_up {
            _any if found.called => Err(TalkRefusal::FollowUpCalled { talk }),
            Some(due) if today < due => Err(TalkRefusal::FollowUpNotDue { talk, due }),
            Some(due) => Ok(due),
            None => Err(TalkRefusal::Unknown { talk }),
        }
    }

    /// A held talk, on the day of its follow-up or later.
    ///
    /// # Errors
    /// As [`Talks::at`], [`TalkRefusal::FollowUpNotDue`].
    pub fn followed_up_on(&self, talk: TalkId, on: Date) -> Result<(), TalkRefusal> {
        match self.at(talk, Step::Held)?.follow_up.filter(|due| on < *due) {
            Some(due) => Err(TalkRefusal::FollowUpNotDue { talk, due }),
            None => Ok(()),
        }
    }

    /// Remembers a proposal.
    pub fn propose(&mut self, talk: TalkId, round: Option<RoundId>, by: Option<ActorId>) {
        let step = Step::Proposed;
        self.0.insert(talk, Talk { step, proposed_by: by, round, last: None, follow_up: None, called: false });
    }

    /// Remembers a step.
    pub fn step(&mut self, talk: TalkId, step: Step, on: Option<Date>) {
        self.change(talk, |talk| {
            talk.step = step;
            talk.last = on.or(talk.last);
        });
    }

    /// Remembers that it was held, and when it is to be followed up.
    pub fn hold(&mut self, talk: TalkId, on: Date, follow_up: Date) {
        self.step(talk, Step::Held, Some(on));
        self.change(talk, |talk| talk.follow_up = Some(follow_up));
    }

    /// Remembers that the follow-up was called for.
    pub fn call(&mut self, talk: TalkId) {
        self.change(talk, |talk| talk.called = true);
    }

    fn change(&mut self, talk: TalkId, change: impl FnOnce(&mut Talk)) {
        if let Some(talk) = self.0.get_mut(&talk) {
            change(talk);
        }
    }
}

/// The day on which a talk held on a day is followed up: by the rules of its round, else those of the organisation.
///
/// # Errors
/// [`Stop::Needs`].
pub fn follow_up(world: &World<'_>, talk: &Talk, on: Date) -> Result<Date, Stop> {
    let of_round = match talk.round {
        Some(round) => world.round(round)?.follow_up_days(),
        None => world.branch(BranchId::root())?.latest_rules().map(|rules| rules.talks.follow_up_days),
    };
    Ok(on.saturating_add(i64::from(of_round.unwrap_or(FOLLOW_UP_DAYS)).days()))
}

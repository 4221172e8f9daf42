//! An entry of the roster 名册: one time in the organisation, with branch, post, membership and duty.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{MemberRefusal, Post};
use crate::id::{BranchId, MemberId};

/// A time on the roster that ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Stint {
    /// The entry as it was on the last day.
    pub entry: Entry,
    /// The first day outside.
    pub left: Date,
}

impl Stint {
    /// Whether a day of [`from`, `until`) lies in it.
    pub fn meets(&self, from: Date, until: Date) -> bool {
        self.entry.registered_on < until && from < self.left
    }
}

/// An entry of the roster 名册.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The first day in the organisation, or back in it.
    pub registered_on: Date,
    /// The branch.
    pub branch: BranchId,
    /// The first day there.
    pub in_branch_since: Date,
    /// Cadre or staff.
    pub post: Post,
    /// The first day in the post.
    pub in_post_since: Date,
    /// Earlier posts, each with the first day no longer in it.
    #[serde(default)]
    pub posts_before: Vec<(Post, Date)>,
    /// Formal or on probation.
    pub membership: Membership,
    /// On duty or suspended.
    pub duty: Duty,
    /// Earlier suspensions, each half-open: first day off duty, first day on duty again.
    pub suspensions: Vec<(Date, Date)>,
}

/// What kind of member.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Membership {
    /// 预备
    Probation,
    /// 正式
    Formal { since: Date },
}

/// Whether a member is on duty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Duty {
    /// 在岗
    OnDuty { since: Date },
    /// 暂停
    Suspended { since: Date },
}

impl Entry {
    pub fn new(branch: BranchId, post: Post, on: Date, probation_until: Option<Date>) -> Self {
        let membership = match probation_until {
            Some(_) => Membership::Probation,
            None => Membership::Formal { since: on },
        };
        let duty = Duty::OnDuty { since: on };
        Self {
            registered_on: on,
            branch,
            in_branch_since: on,
            post,
            in_post_since: on,
            posts_before: Vec::new(),
            membership,
            duty,
            suspensions: Vec::new(),
        }
    }

    /// Refuses a day on which the member was not there or was off duty.
    pub fn on_duty_on(&self, member: MemberId, on: Date) -> Result<(), MemberRefusal> {
        if on < self.registered_on {
            return Err(MemberRefusal::BeforeRegistration { member, on, registered: self.registered_on });
        }
        if let Some((_, back)) = self.suspensions.iter().find(|(since, back)| *since <= on && on < *back) {
            return Err(MemberRefusal::OffDuty { member, on, back: *back });
        }
        match self.duty {
            Duty::Suspended { since } if since <= on => Err(MemberRefusal::Suspended { member, on, since }),
            Duty::Suspended { .. } | Duty::OnDuty { .. } => Ok(()),
        }
    }

    /// The day of the last change to this entry.
    pub fn last_change(&self) -> Date {
        let formal = match self.membership {
            Membership::Formal { since } => since,
            Membership::Probation => self.registered_on,
        };
        let duty = match self.duty {
            Duty::OnDuty { since } | Duty::Suspended { since } => since,
        };
        self.in_branch_since.max(self.in_post_since).max(formal).max(duty)
    }

    pub fn appoint(&mut self, post: Post, on: Date) {
        self.posts_before.push((self.post, on));
        (self.post, self.in_post_since) = (post, on);
    }

    /// The post on a day of this time.
    pub fn post_on(&self, day: Date) -> Post {
        let before = self.posts_before.iter().find(|(_, until)| day < *until);
        before.map_or(self.post, |(post, _)| *post)
    }

    pub fn suspend(&mut self, on: Date) {
        self.duty = Duty::Suspended { since: on };
    }

    pub fn reinstate(&mut self, on: Date) {
        if let Duty::Suspended { since } = self.duty {
            self.suspensions.push((since, on));
        }
        self.duty = Duty::OnDuty { since: on };
    }
}

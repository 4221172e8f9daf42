//! Accounts 账号: which principal acts as which member.
//!
//! # Rules
//! - A member has at most one; the row ends when it is unlinked.
//! - One that is linked with two members has two rows. Who reads takes it for neither.
//!
//! # Not here
//! Whether the member is still there ([`crate::members`]).

use domain::event::{Event, Fact};
use domain::id::{ActorId, MemberId};
use domain::member::MemberEvent;
use jiff::Timestamp;

use crate::projection::Projection;
use crate::row::row;

row! {
    /// That an account acts as a member.
    pub struct AccountRow("accounts") key AccountKey {
        /// The member.
        member: MemberId,
    } columns {
        /// The principal that signs in.
        account: ActorId,
        /// Who linked it.
        linked_by: ActorId,
        /// When.
        linked_at: Timestamp,
    } look_up [["account"]]
}

/// What happens to a member's account: it is linked, or there is none any more.
#[derive(Debug, Clone)]
pub struct Change(Option<AccountRow>);

/// The projection.
pub struct Accounts;

impl Projection for Accounts {
    const NAME: &'static str = "accounts";
    const VERSION: u32 = 1;
    type Row = AccountRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(AccountKey, Change)> {
        match &fact.event {
            Event::Member(event) => of_member(MemberId(fact.stream.id), fact, event),
            Event::Branch(_) | Event::Round(_) => vec![],
        }
    }

    fn apply(_row: Option<AccountRow>, _key: &AccountKey, change: &Change) -> Option<AccountRow> {
        change.0.clone()
    }
}

fn of_member(member: MemberId, fact: &Fact, event: &MemberEvent) -> Vec<(AccountKey, Change)> {
    use MemberEvent::*;
    let key = AccountKey { member };
    match event {
        AccountLinked { account } => {
            let (account, linked_by, linked_at) = (account.clone(), fact.actor.clone(), fact.at);
            vec![(key, Change(Some(AccountRow { member, account, linked_by, linked_at })))]
        }
        AccountUnlinked { .. } => vec![(key, Change(None))],
        Registered { .. }
        | Readmitted { .. }
        | PersonAmended { .. }
        | Appointed { .. }
        | Transferred { .. }
        | ProbationEnded { .. }
        | Suspended { .. }
        | Reinstated { .. }
        | Left { .. }
        | BadgeChecked { .. }
        | ServiceRecorded { .. }
        | PlaquePublished { .. }
        | PlaqueWithdrawn { .. }
        | CommitmentMade { .. }
        | CommitmentEvidenced { .. }
        | CommitmentSettled { .. }
        | TargetSet { .. }
        | ResultReported { .. }
        | ResultCorrected { .. }
        | ResultWithdrawn { .. }
        | ContestPlaced { .. }
        | ContactPointTaken { .. }
        | ContactPointVisited { .. }
        | ContactPointGivenUp { .. }
        | HonourGranted { .. }
        | PlacedLast { .. }
        | TalkProposed { .. }
        | TalkApproved { .. }
        | TalkDeclined { .. }
        | TalkHeld { .. }
        | TalkFollowUpCalled { .. }
        | TalkFollowedUp { .. }
        | TalkClosed { .. }
        | Merged { .. }
        | Absorbed { .. } => vec![],
    }
}

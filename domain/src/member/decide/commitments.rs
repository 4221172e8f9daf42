//! Public commitments 亮承诺: made, evidenced, settled.

use jiff::civil::Date;

use super::{Case, in_order, refuse_if};
use crate::id::CommitmentId;
use crate::member::state::Commitment;
use crate::member::{MemberEvent, MemberRefusal, Outcome};
use crate::text::Sealed;
use crate::world::{Decision, Stop, in_range};

/// A commitment that is not settled.
struct Open {
    due: Date,
    evidenced: bool,
}

impl Case<'_> {
    /// [`MemberRefusal::CommitmentIdInUse`]; due no earlier than made.
    pub(super) fn make_commitment(
        &self,
        commitment: CommitmentId,
        on: Date,
        due: Date,
        text: Sealed,
    ) -> Result<Decision, Stop> {
        let member = self.on_duty_on(on)?;
        let known = member.commitments.contains_key(&commitment);
        refuse_if(known, MemberRefusal::CommitmentIdInUse { commitment })?;
        in_order(on, in_range(due)?)?;
        self.happened(MemberEvent::CommitmentMade { commitment, on, due, text })
    }

    /// Evidence is taken until the commitment is settled, also after its last day and during a suspension.
    pub(super) fn evidence_commitment(
        &self,
        commitment: CommitmentId,
        on: Date,
        evidence: Sealed,
    ) -> Result<Decision, Stop> {
        self.open(commitment, on)?;
        self.happened(MemberEvent::CommitmentEvidenced { commitment, on, evidence })
    }

    /// [`MemberRefusal::CommitmentWithoutEvidence`], [`MemberRefusal::CommitmentNotYetDue`].
    pub(super) fn settle_commitment(
        &self,
        commitment: CommitmentId,
        on: Date,
        outcome: Outcome,
        note: Option<Sealed>,
    ) -> Result<Decision, Stop> {
        let Open { due, evidenced } = self.open(commitment, on)?;
        match outcome {
            Outcome::Fulfilled => refuse_if(!evidenced, MemberRefusal::CommitmentWithoutEvidence { commitment })?,
            Outcome::Missed => {
                refuse_if(on <= due, MemberRefusal::CommitmentNotYetDue { commitment, due })?;
            }
        }
        self.happened(MemberEvent::CommitmentSettled { commitment, on, outcome, note })
    }

    /// [`MemberRefusal::CommitmentUnknown`], [`MemberRefusal::CommitmentSettled`]; not on a day before it was made.
    fn open(&self, commitment: CommitmentId, on: Date) -> Result<Open, Stop> {
        let (member, _) = self.on_roster_on(on)?;
        match member.commitments.get(&commitment).copied() {
            None => Err(MemberRefusal::CommitmentUnknown { commitment }.into()),
            Some(Commitment::Settled { on }) => Err(MemberRefusal::CommitmentSettled { commitment, on }.into()),
            Some(Commitment::Open { made_on, due, evidenced }) => {
                in_order(made_on, on)?;
                Ok(Open { due, evidenced })
            }
        }
    }
}

//! The displays of a member 三亮: badge, volunteer service, plaque, commitments.

use async_graphql::ID;
use domain::id::{BadgeCheckId, CommitmentId, PlaqueId, ServiceId};
use domain::member::MemberCommand;

use super::{inputs, mutations};
use crate::door::{Ask, Asked, Door, Halt, named};
use crate::input;
use crate::policy::Action::{KeepCommitments, KeepDisplays};
use crate::scalar::Date;
use crate::words::CommitmentOutcome;

mutations! {
    /// The displays of a member.
    Displays {
        /// Records a badge check 党徽佩戴检查.
        check_badge(CheckBadgeInput);
        /// Records a volunteer service 志愿服务.
        record_service(RecordServiceInput);
        /// Shows a service plaque 公示牌. It replaces none: withdraw an earlier one first.
        publish_plaque(PublishPlaqueInput);
        /// Takes a service plaque down 撤下公示牌.
        withdraw_plaque(WithdrawPlaqueInput);
        /// Makes a public commitment 承诺.
        make_commitment(MakeCommitmentInput);
        /// Shows evidence for a commitment 佐证.
        evidence_commitment(EvidenceCommitmentInput);
        /// Says whether a commitment was kept 兑现.
        settle_commitment(SettleCommitmentInput);
    }
}

inputs! {
    /// A badge check.
    CheckBadgeInput {
        /// Who was looked at.
        member: ID,
        /// The day.
        on: Date,
        /// Where; free text.
        place: String,
        /// Whether the badge was worn.
        worn: bool,
    }

    /// A volunteer service.
    RecordServiceInput {
        /// Who volunteered.
        member: ID,
        /// The day.
        on: Date,
        /// What was done; free text.
        activity: String,
        /// For how long, in minutes.
        minutes: i64,
    }

    /// A service plaque.
    PublishPlaqueInput {
        /// Whose.
        member: ID,
        /// The day.
        on: Date,
        /// The duty as shown to the public; free text.
        duty: String,
    }

    /// The end of a service plaque.
    WithdrawPlaqueInput {
        /// Whose.
        member: ID,
        /// Which plaque.
        plaque: ID,
        /// The day.
        on: Date,
        /// Why; free text.
        reason: String,
    }

    /// A public commitment.
    MakeCommitmentInput {
        /// Who promises.
        member: ID,
        /// The day.
        on: Date,
        /// The last day to keep it.
        due: Date,
        /// What is promised; free text.
        text: String,
    }

    /// Evidence for a commitment.
    EvidenceCommitmentInput {
        /// Who promised.
        member: ID,
        /// Which commitment.
        commitment: ID,
        /// The day.
        on: Date,
        /// What is shown; free text.
        evidence: String,
    }

    /// The end of a commitment.
    SettleCommitmentInput {
        /// Who promised.
        member: ID,
        /// Which commitment.
        commitment: ID,
        /// The day.
        on: Date,
        /// Kept or missed.
        outcome: CommitmentOutcome,
        /// What is said about it; free text.
        note: Option<String>,
    }
}

impl Ask for CheckBadgeInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepDisplays).await?;
        let check: BadgeCheckId = door.mint("check");
        let on = self.on.read("on")?;
        let place = door.seal(member.id().0, "place", &self.place).await?;
        Ok(member.asks(MemberCommand::CheckBadge { check, on, place, worn: self.worn }).naming(check.0))
    }
}

impl Ask for RecordServiceInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepDisplays).await?;
        let service: ServiceId = door.mint("service");
        let (on, minutes) = (self.on.read("on")?, input::count("minutes", self.minutes)?);
        let activity = door.seal(member.id().0, "activity", &self.activity).await?;
        Ok(member.asks(MemberCommand::RecordService { service, on, activity, minutes }).naming(service.0))
    }
}

impl Ask for PublishPlaqueInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepDisplays).await?;
        let plaque: PlaqueId = door.mint("plaque");
        let on = self.on.read("on")?;
        let duty = door.seal(member.id().0, "duty", &self.duty).await?;
        Ok(member.asks(MemberCommand::PublishPlaque { plaque, on, duty }).naming(plaque.0))
    }
}

impl Ask for WithdrawPlaqueInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepDisplays).await?;
        let plaque: PlaqueId = named("plaque", &self.plaque)?;
        let on = self.on.read("on")?;
        let reason = door.seal(member.id().0, "reason", &self.reason).await?;
        Ok(member.asks(MemberCommand::WithdrawPlaque { plaque, on, reason }).naming(plaque.0))
    }
}

impl Ask for MakeCommitmentInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepCommitments).await?;
        let commitment: CommitmentId = door.mint("commitment");
        let (on, due) = (self.on.read("on")?, self.due.read("due")?);
        let text = door.seal(member.id().0, "text", &self.text).await?;
        Ok(member.asks(MemberCommand::MakeCommitment { commitment, on, due, text }).naming(commitment.0))
    }
}

impl Ask for EvidenceCommitmentInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepCommitments).await?;
        let commitment: CommitmentId = named("commitment", &self.commitment)?;
        let on = self.on.read("on")?;
        let evidence = door.seal(member.id().0, "evidence", &self.evidence).await?;
        Ok(member.asks(MemberCommand::EvidenceCommitment { commitment, on, evidence }).naming(commitment.0))
    }
}

impl Ask for SettleCommitmentInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepDisplays).await?;
        let commitment: CommitmentId = named("commitment", &self.commitment)?;
        let on = self.on.read("on")?;
        let note = door.seal_some(member.id().0, "note", self.note.as_deref()).await?;
        let outcome = self.outcome.into();
        Ok(member.asks(MemberCommand::SettleCommitment { commitment, on, outcome, note }).naming(commitment.0))
    }
}

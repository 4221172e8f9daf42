//! The roster 花名册: who belongs where, as what, and since when.

use async_graphql::ID;
use domain::member::MemberCommand;
use domain::person::Person;

use super::{inputs, mutations};
use crate::door::{Ask, Asked, Door, Halt};
use crate::input;
use crate::policy::Action::KeepRoster;
use crate::scalar::Date;
use crate::words::Post;

mutations! {
    /// The roster.
    Roster {
        /// Registers a member 登记成员. The person's record is kept beside the log and can be erased.
        register_member(RegisterMemberInput);
        /// Puts somebody who left on a roster again 重新登记, as the same member with the record there is.
        readmit_member(ReadmitMemberInput);
        /// Amends a member's personal record 更正人员档案. The log only says that it was amended.
        amend_person(AmendPersonInput);
        /// Gives a member another post 任职.
        appoint_member(AppointMemberInput);
        /// Moves a member to another branch 转移.
        transfer_member(TransferMemberInput);
        /// Makes a member on probation a formal one 转正.
        end_probation(EndProbationInput);
        /// Takes a member off duty for a time 暂停.
        suspend_member(SuspendMemberInput);
        /// Puts a suspended member on duty again 恢复.
        reinstate_member(ReinstateMemberInput);
        /// Records that a member left the organisation 离开.
        record_departure(RecordDepartureInput);
        /// Records that two registrations are one person's 合并重复登记: one goes on, the other is as if it had never been on
        /// the roster, from now on and for every day. What was recorded under it stays recorded under it.
        merge_member(MergeMemberInput);
    }
}

inputs! {
    /// A member to be registered.
    RegisterMemberInput {
        /// The branch joined.
        branch: ID,
        /// The staff number 工号, the key: 1 to 32 ASCII letters, digits or hyphens, shown as given; no two members
        /// have numbers that differ only in capital letters.
        staff_number: String,
        /// The name as given 姓名, in any script, at most 120 characters.
        name: String,
        /// A telephone number or address for messages 联系方式, at most 200 characters.
        contact: Option<String>,
        /// Cadre or staff.
        post: Post,
        /// The first day.
        on: Date,
        /// The last day of probation 预备期, for a member on probation.
        probation_until: Option<Date>,
    }

    /// A member who comes back.
    ReadmitMemberInput {
        /// Which member.
        member: ID,
        /// The branch joined.
        branch: ID,
        /// Cadre or staff.
        post: Post,
        /// The first day back, not before the first day outside.
        on: Date,
        /// The last day of probation 预备期, for a member on probation.
        probation_until: Option<Date>,
    }

    /// A person's record as it should be; it replaces the one there is.
    AmendPersonInput {
        /// Whose record.
        member: ID,
        /// The staff number 工号.
        staff_number: String,
        /// The name as given 姓名.
        name: String,
        /// A telephone number or address for messages 联系方式; none where it is left out.
        contact: Option<String>,
        /// Why 更正原因; free text, at most 4,000 characters.
        reason: Option<String>,
    }

    /// Another post for a member.
    AppointMemberInput {
        /// Which member.
        member: ID,
        /// The post from then on.
        post: Post,
        /// The first day in it.
        on: Date,
    }

    /// A member's move to another branch.
    TransferMemberInput {
        /// Which member.
        member: ID,
        /// The branch to join.
        to: ID,
        /// The first day there.
        on: Date,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// The end of a probation.
    EndProbationInput {
        /// Which member.
        member: ID,
        /// The first day as a formal member.
        on: Date,
    }

    /// A suspension.
    SuspendMemberInput {
        /// Which member.
        member: ID,
        /// The first day off duty.
        on: Date,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// The end of a suspension.
    ReinstateMemberInput {
        /// Which member.
        member: ID,
        /// The first day on duty.
        on: Date,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// A departure.
    RecordDepartureInput {
        /// Which member.
        member: ID,
        /// The first day outside.
        on: Date,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// Two registrations of one person.
    MergeMemberInput {
        /// The one that ends. Results and plans that stand under it are withdrawn and reported again by hand, where they
        /// should count under the other.
        member: ID,
        /// The one under which the person goes on.
        into: ID,
        /// The day it was found out.
        on: Date,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }
}

impl Ask for RegisterMemberInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, KeepRoster).await?;
        let person = Person::new(&self.staff_number, &self.name, self.contact.as_deref())?;
        let on = self.on.read("on")?;
        let probation_until = input::date("probationUntil", self.probation_until.as_ref())?;
        let command = MemberCommand::Register { branch: branch.id(), post: self.post.into(), on, probation_until };
        Ok(door.new_member(branch).asks(command).with(person))
    }
}

impl Ask for ReadmitMemberInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepRoster).await?;
        let branch = door.branch("branch", &self.branch, KeepRoster).await?.id();
        let on = self.on.read("on")?;
        let probation_until = input::date("probationUntil", self.probation_until.as_ref())?;
        Ok(member.asks(MemberCommand::Readmit { branch, post: self.post.into(), on, probation_until }))
    }
}

impl Ask for AmendPersonInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepRoster).await?;
        let person = Person::new(&self.staff_number, &self.name, self.contact.as_deref())?;
        let reason = door.seal_some(member.id().0, "reason", self.reason.as_deref()).await?;
        Ok(member.asks(MemberCommand::AmendPerson { reason }).with(person))
    }
}

impl Ask for AppointMemberInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepRoster).await?;
        Ok(member.asks(MemberCommand::Appoint { post: self.post.into(), on: self.on.read("on")? }))
    }
}

impl Ask for TransferMemberInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepRoster).await?;
        let to = door.branch("to", &self.to, KeepRoster).await?.id();
        let on = self.on.read("on")?;
        let reason = door.seal(member.id().0, "reason", &self.reason).await?;
        Ok(member.asks(MemberCommand::Transfer { to, on, reason }))
    }
}

impl Ask for EndProbationInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepRoster).await?;
        Ok(member.asks(MemberCommand::EndProbation { on: self.on.read("on")? }))
    }
}

impl Ask for SuspendMemberInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepRoster).await?;
        let on = self.on.read("on")?;
        let reason = door.seal(member.id().0, "reason", &self.reason).await?;
        Ok(member.asks(MemberCommand::Suspend { on, reason }))
    }
}

impl Ask for ReinstateMemberInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepRoster).await?;
        let on = self.on.read("on")?;
        let reason = door.seal(member.id().0, "reason", &self.reason).await?;
        Ok(member.asks(MemberCommand::Reinstate { on, reason }))
    }
}

impl Ask for RecordDepartureInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepRoster).await?;
        let on = self.on.read("on")?;
        let reason = door.seal(member.id().0, "reason", &self.reason).await?;
        Ok(member.asks(MemberCommand::Leave { on, reason }))
    }
}

impl Ask for MergeMemberInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepRoster).await?;
        let into = door.member("into", &self.into, KeepRoster).await?.id();
        let on = self.on.read("on")?;
        let reason = door.seal(member.id().0, "reason", &self.reason).await?;
        Ok(member.asks(MemberCommand::Merge { into, on, reason }))
    }
}

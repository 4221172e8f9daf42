//! Commands to members.

use domain::branch::BranchCommand;
use domain::id::{BadgeCheckId, CommitmentId, ContestId, HonourId, MemberId, PlaqueId, ResultId, ServiceId, TeamId};
use domain::ledger::{Correction, Exactness, Report, Subjects, Target};
use domain::member::{Level, MemberCommand, Outcome, Post, TeamMate};
use domain::talk::Step;
use domain::world::Command;
use jiff::ToSpan;

use super::{Story, Subject};

const LEVELS: [Level; 5] = [Level::Unit, Level::County, Level::City, Level::Provincial, Level::National];

impl Story {
    pub(super) fn of_a_member(&mut self) -> Option<Command> {
        if self.chance.percent(6) {
            return self.register();
        }
        if self.chance.percent(14) {
            return self.follow_up();
        }
        if self.chance.percent(2) {
            return self.readmit();
        }
        let member = self.a_member()?;
        let command = match self.chance.below(100) {
            0..16 => self.roster(member)?,
            16..42 => self.displays(member)?,
            42..84 => self.figures(Subject::Member(member), Subjects::Members)?.0?,
            84..92 => self.contest(member),
            _ => self.honour(),
        };
        Some(Command::Member(member, command))
    }

    /// Who left comes back.
    fn readmit(&mut self) -> Option<Command> {
        let (member, branch, on) = (self.chance.one(&self.left.clone())?, self.a_branch()?, self.today());
        Some(Command::Member(member, MemberCommand::Readmit { branch, post: Post::Staff, on, probation_until: None }))
    }

    fn roster(&mut self, member: MemberId) -> Option<MemberCommand> {
        let (on, reason) = (self.lately(), self.text());
        Some(match self.chance.below(15) {
            0..5 => MemberCommand::Transfer { to: self.a_branch()?, on, reason },
            5..8 => MemberCommand::Suspend { on, reason },
            8..11 => {
                let post = if self.cadres.contains(&member) { Post::Staff } else { Post::Cadre };
                MemberCommand::Appoint { post, on }
            }
            11..13 => MemberCommand::Leave { on: self.today(), reason },
            _ => MemberCommand::AmendPerson { reason: self.chance.percent(50).then_some(reason) },
        })
    }

    fn displays(&mut self, member: MemberId) -> Option<MemberCommand> {
        let (on, text) = (self.lately(), self.text());
        let minutes = 1 + u32::try_from(self.chance.below(240)).unwrap_or_default();
        let id = self.chance.id();
        Some(match self.chance.below(22) {
            0..6 => {
                MemberCommand::CheckBadge { check: BadgeCheckId(id), on, place: text, worn: self.chance.percent(70) }
            }
            6..12 => MemberCommand::RecordService { service: ServiceId(id), on, activity: text, minutes },
            12..17 => match self.plaques.get(&member) {
                Some(plaque) => MemberCommand::WithdrawPlaque { plaque: *plaque, on: self.today(), reason: text },
                None => MemberCommand::PublishPlaque { plaque: PlaqueId(id), on, duty: text },
            },
            _ => MemberCommand::MakeCommitment {
                commitment: CommitmentId(id),
                on,
                due: on + i64::try_from(self.chance.below(20)).unwrap_or_default().days(),
                text,
            },
        })
    }

    /// What was begun goes on or ends.
    fn follow_up(&mut self) -> Option<Command> {
        let (on, text) = (self.today(), self.text());
        let (suspended, probation): (Vec<_>, Vec<_>) =
            (self.suspended.iter().copied().collect(), self.probation.iter().copied().collect());
        let (member, command) = match self.chance.below(11) {
            0..2 => (self.chance.one(&suspended)?, MemberCommand::Reinstate { on, reason: text }),
            2..4 => (self.chance.one(&probation)?, MemberCommand::EndProbation { on }),
            step => {
                let (member, commitment) = self.chance.one(&self.commitments.clone())?;
                let settled = |outcome, note| MemberCommand::SettleCommitment { commitment, on, outcome, note };
                let command = match step {
                    4..7 => MemberCommand::EvidenceCommitment { commitment, on, evidence: text },
                    7..9 => settled(Outcome::Fulfilled, None),
                    _ => settled(Outcome::Missed, Some(text)),
                };
                (member, command)
            }
        };
        Some(Command::Member(member, command))
    }

    fn contest(&mut self, member: MemberId) -> MemberCommand {
        let mates: Vec<_> = self.some_members(2).into_iter().filter(|mate| *mate != member).collect();
        let team_mates = mates.into_iter().map(|member| TeamMate { member, title: self.text() }).collect();
        let level = self.chance.one(&LEVELS).unwrap_or(Level::Unit);
        let place = 1 + u32::try_from(self.chance.below(3)).unwrap_or_default();
        let (contest, on, title) = (ContestId(self.chance.id()), self.lately(), self.text());
        let team = TeamId(self.chance.id());
        MemberCommand::PlaceInContest { contest, on, title, level, place, team, team_mates }
    }

    fn honour(&mut self) -> MemberCommand {
        let level = self.chance.one(&LEVELS).unwrap_or(Level::Unit);
        let (honour, on) = (HonourId(self.chance.id()), self.lately());
        MemberCommand::GrantHonour { honour, on, title: self.text(), level, body: self.text() }
    }

    /// A result, a correction, a withdrawal or a target: as a member's command or as a branch's.
    pub(super) fn figures(
        &mut self,
        subject: Subject,
        kept_for: Subjects,
    ) -> Option<(Option<MemberCommand>, Option<BranchCommand>)> {
        use BranchCommand as B;
        use MemberCommand as M;
        let (metric, period) = self.a_period(kept_for)?;
        let value = self.an_amount(&metric);
        let exactness = if self.chance.percent(15) { Exactness::AtLeast } else { Exactness::Exact };
        let result = ResultId(self.chance.id());
        let reported = self.results.get(&(subject, metric.code.to_string(), period)).copied();
        if self.chance.percent(25) {
            let set =
                |percent: u64, chance: &mut Self| chance.chance.percent(percent).then(|| chance.an_amount(&metric));
            let longer = period.enclosing();
            let period = self.chance.one(&longer)?;
            let (plan, base) = (set(70, self), set(50, self));
            let target = Target { metric: metric.code.clone(), period, plan, base };
            return Some((Some(M::SetTarget(target.clone())), Some(B::SetTarget(target))));
        }
        Some(match reported {
            Some(withdrawn) if self.chance.percent(40) => {
                let reason = self.text();
                (Some(M::WithdrawResult(withdrawn, reason.clone())), Some(B::WithdrawResult(withdrawn, reason)))
            }
            Some(corrects) => {
                let (correction, reason) = (Correction { result, corrects, value, exactness }, self.text());
                (Some(M::CorrectResult(correction.clone(), reason.clone())), Some(B::CorrectResult(correction, reason)))
            }
            None => {
                let report = Report { result, metric: metric.code.clone(), period, value, exactness };
                (Some(M::ReportResult(report.clone())), Some(B::ReportResult(report)))
            }
        })
    }

    /// A result of somebody who is there still is put right, or taken back.
    pub(super) fn of_a_result(&mut self) -> Option<Command> {
        let of_members = self.chance.percent(50);
        let stands = |subject: &Subject| match subject {
            Subject::Member(member) => of_members && self.members.contains_key(member),
            Subject::Branch(branch) => !of_members && self.branches.contains_key(branch),
        };
        let known = self.results.iter().filter(|((of, ..), _)| stands(of));
        let known: Vec<_> = known.map(|((of, code, _), result)| (*of, code.clone(), *result)).collect();
        let (subject, code, known) = self.chance.one(&known)?;
        let (metric, reason) = (self.metrics.iter().find(|metric| metric.code.as_str() == code)?.clone(), self.text());
        let (result, value) = (ResultId(self.chance.id()), self.an_amount(&metric));
        let correction = Correction { result, corrects: known, value, exactness: Exactness::Exact };
        Some(match (subject, self.chance.percent(50)) {
            (Subject::Member(of), true) => Command::Member(of, MemberCommand::WithdrawResult(known, reason)),
            (Subject::Branch(of), true) => Command::Branch(of, BranchCommand::WithdrawResult(known, reason)),
            (Subject::Member(of), false) => Command::Member(of, MemberCommand::CorrectResult(correction, reason)),
            (Subject::Branch(of), false) => Command::Branch(of, BranchCommand::CorrectResult(correction, reason)),
        })
    }

    pub(super) fn remember_result(&mut self, subject: Subject, report: &Report) {
        self.results.insert((subject, report.metric.to_string(), report.period), report.result);
    }

    pub(super) fn remember_correction(&mut self, subject: Subject, correction: &Correction) {
        for ((whose, ..), result) in &mut self.results {
            if *whose == subject && *result == correction.corrects {
                *result = correction.result;
            }
        }
    }

    pub(super) fn remember_withdrawal(&mut self, withdrawn: ResultId) {
        self.results.retain(|_, result| *result != withdrawn);
    }

    pub(super) fn remember_of_member(&mut self, member: MemberId, command: &MemberCommand) {
        use MemberCommand as C;
        match command {
            C::Register { branch, post, probation_until, .. } | C::Readmit { branch, post, probation_until, .. } => {
                self.left.retain(|gone| *gone != member);
                self.members.insert(member, *branch);
                if *post == Post::Cadre {
                    self.cadres.insert(member);
                }
                if probation_until.is_some() {
                    self.probation.insert(member);
                }
            }
            C::Appoint { post: Post::Cadre, .. } => _ = self.cadres.insert(member),
            C::Appoint { post: Post::Staff, .. } => _ = self.cadres.remove(&member),
            C::Transfer { to, .. } => _ = self.members.insert(member, *to),
            C::EndProbation { .. } => _ = self.probation.remove(&member),
            C::Suspend { .. } => _ = self.suspended.insert(member),
            C::Reinstate { .. } => _ = self.suspended.remove(&member),
            C::Leave { .. } | C::Merge { .. } => {
                if matches!(command, C::Leave { .. }) {
                    self.left.push(member);
                }
                self.plaques.remove(&member);
                self.members.remove(&member);
                self.cadres.remove(&member);
                self.suspended.remove(&member);
                self.probation.remove(&member);
                self.commitments.retain(|(whose, _)| *whose != member);
            }
            C::PublishPlaque { plaque, .. } => _ = self.plaques.insert(member, *plaque),
            C::WithdrawPlaque { .. } => _ = self.plaques.remove(&member),
            C::MakeCommitment { commitment, .. } => self.commitments.push((member, *commitment)),
            C::SettleCommitment { commitment, .. } => self.commitments.retain(|(_, open)| open != commitment),
            C::ReportResult(report) => self.remember_result(Subject::Member(member), report),
            C::CorrectResult(correction, _) => self.remember_correction(Subject::Member(member), correction),
            C::WithdrawResult(result, _) => self.remember_withdrawal(*result),
            C::ProposeTalk { talk, .. } => self.remember_talk(Subject::Member(member), *talk, Step::Proposed),
            C::ApproveTalk { talk } => self.remember_talk(Subject::Member(member), *talk, Step::Approved),
            C::DeclineTalk { talk, .. } => self.remember_talk(Subject::Member(member), *talk, Step::Declined),
            C::HoldTalk { talk, .. } => self.remember_talk(Subject::Member(member), *talk, Step::Held),
            C::CallFollowUp { talk } => self.remember_call(*talk),
            C::FollowUpTalk { talk, .. } => self.remember_talk(Subject::Member(member), *talk, Step::FollowedUp),
            C::CloseTalk { talk, .. } => self.remember_talk(Subject::Member(member), *talk, Step::Closed),
            C::AmendPerson { .. }
            | C::LinkAccount { .. }
            | C::UnlinkAccount { .. }
            | C::CheckBadge { .. }
            | C::RecordService { .. }
            | C::EvidenceCommitment { .. }
            | C::SetTarget(_)
            | C::PlaceInContest { .. }
            | C::GrantHonour { .. } => {}
        }
    }
}

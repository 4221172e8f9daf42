//! The first rounds and talks of every story, played to their ends: whatever can happen to a round happens here once, so
//! that also a short story holds some rows of every table.

use std::collections::BTreeSet;

use domain::amount::Amount;
use domain::branch::BranchCommand;
use domain::id::{AppealId, BranchId, MemberId, RoundId, TalkId};
use domain::period::Period;
use domain::round::{Fix, Group, Preset, RoundCommand, Rules, TalkRule, TieRule, YearRule};
use domain::world::Command;
use graphql::ports::Commands;
use jiff::ToSpan;

use super::rounds::Known;
use super::talks::Doing;
use super::{ACTORS, FOLLOW_UP_DAYS, Story, Subject, WAVE};

/// Versions of the rules under which a few people and a few days are enough for everything.
pub(super) fn rules() -> Vec<Rules> {
    let brisk = |preset: Preset| {
        let rules = preset.rules();
        let below: Amount = "70".parse().expect("a score");
        let talks = TalkRule { below, last_one_in: Some(2), least_ranked: 2, follow_up_days: FOLLOW_UP_DAYS };
        let year = YearRule { least_quarters: 1, ..rules.year };
        Rules { threshold: 3, publicity_days: 1, appeal_days: 2, answer_days: 1, talks, year, ..rules }
    };
    vec![
        brisk(Preset::Default),
        Rules { ties: vec![TieRule::LeaderScore], ..brisk(Preset::Renormalise) },
        Rules { trim_from: Some(5), ..brisk(Preset::ThreeGrades) },
    ]
}

/// The groups that a round for leaders alone leaves out.
const SECRET: [Group; 2] = [Group::Peer, Group::Public];

impl Story {
    pub(super) async fn first_rounds(&mut self, commands: &dyn Commands) {
        for rules in self.rules.clone() {
            let adopted = BranchCommand::AdoptRules(Box::new(rules));
            self.send(commands, vec![Command::Branch(BranchId::root(), adopted)]).await;
        }
        let branches = self.fullest_branches();
        let whole = self.of_every_group(commands, branches.clone()).await;
        self.appealed(commands, whole).await;
        let again = self.voted_anew(commands, branches.clone()).await;
        self.annulled(commands, branches[..1].to_vec()).await;
        let talks = self.talks_held(commands).await;
        self.later(5);
        for (appeal, _) in self.known(whole).open_appeals {
            self.says(commands, whole, RoundCommand::NoteOverdue { appeal }).await;
        }
        self.says(commands, again, RoundCommand::Finalise).await;
        self.talks_ended(commands, talks).await;
        if let Some((appeal, _)) = self.known(whole).open_appeals.pop() {
            self.answered(commands, whole, appeal, vec![]).await;
        }
        self.of_the_year(commands, branches).await;
    }

    fn later(&self, days: i64) {
        self.clock.advance_to(self.clock.now() + (24 * days).hours());
    }

    /// So many of the branches with most people that their members can vote in secret.
    fn fullest_branches(&self) -> Vec<BranchId> {
        let people = |branch: &BranchId| {
            let own = self.members.iter().filter(|(_, of)| *of == branch).map(|(member, _)| member);
            let own: BTreeSet<&MemberId> = own.collect();
            (own.iter().filter(|member| !self.probation.contains(**member)).count(), own.len())
        };
        let mut branches: Vec<BranchId> = self.branches.keys().copied().collect();
        branches.sort_by_key(|branch| std::cmp::Reverse(people(branch)));
        let (mut reviewed, mut all) = (0, 0);
        let short = |branch: &BranchId| {
            let missing = reviewed < 4 || all < 6;
            let (formal, own) = people(branch);
            (reviewed, all) = (reviewed + formal, all + own);
            missing
        };
        branches.into_iter().take_while(short).collect()
    }

    fn known(&self, round: RoundId) -> Known {
        self.rounds.get(&round).cloned().expect("a first round is drafted")
    }

    async fn says(&mut self, commands: &dyn Commands, round: RoundId, command: RoundCommand) {
        self.send(commands, vec![Command::Round(round, command)]).await;
    }

    /// Said by the one of the three who is at that place.
    async fn says_as(&mut self, actor: usize, commands: &dyn Commands, round: RoundId, command: RoundCommand) {
        let turns = ACTORS.len() as u64;
        while (self.number + 1) % turns != actor as u64 {
            self.number += 1;
        }
        self.says(commands, round, command).await;
    }

    async fn all_say(&mut self, commands: &dyn Commands, round: RoundId, all: Vec<RoundCommand>) {
        let all: Vec<Command> = all.into_iter().map(|command| Command::Round(round, command)).collect();
        for wave in all.chunks(WAVE) {
            self.send(commands, wave.to_vec()).await;
        }
    }

    async fn drafted(
        &mut self,
        commands: &dyn Commands,
        branches: Vec<BranchId>,
        period: &str,
        version: u32,
    ) -> RoundId {
        let round = RoundId(self.chance.id());
        let period: Period = period.parse().expect("a period");
        self.says(commands, round, RoundCommand::Draft { branches, period, rules_version: version }).await;
        round
    }

    async fn opened(&mut self, commands: &dyn Commands, round: RoundId, without: &[Group]) {
        let closes_at = self.clock.now() + 3.hours();
        let open = self.open(&self.known(round), closes_at, without);
        self.all_say(commands, round, open.into_iter().collect()).await;
    }

    /// Everything is given, and at the close counted until the counts are alike.
    async fn given_and_closed(&mut self, commands: &dyn Commands, round: RoundId) {
        let given = self.left_to_give(&self.known(round));
        self.all_say(commands, round, given).await;
        self.clock.advance_to(self.known(round).closes_at);
        for _ in 0..8 {
            let counted = self.left_to_count(&self.known(round));
            self.all_say(commands, round, counted).await;
        }
        self.says(commands, round, RoundCommand::Close).await;
    }

    async fn tallied_and_published(&mut self, commands: &dyn Commands, round: RoundId) {
        let tally = self.tally(&self.known(round));
        self.says(commands, round, tally).await;
        self.says_as(0, commands, round, RoundCommand::DecideGrades { given: vec![] }).await;
        self.says(commands, round, RoundCommand::Publish).await;
    }

    /// The public hands in one ballot too many and votes again.
    async fn of_every_group(&mut self, commands: &dyn Commands, branches: Vec<BranchId>) -> RoundId {
        let round = self.drafted(commands, branches, "2021-Q4", 1).await;
        self.opened(commands, round, &[]).await;
        let given = self.left_to_give(&self.known(round));
        self.all_say(commands, round, given).await;
        self.clock.advance_to(self.known(round).closes_at);
        let group = Group::Public;
        let returned = self.known(round).papers.get(&group).map_or(0, |paper| paper.issued + 1);
        self.says(commands, round, RoundCommand::ReturnPaper { group, returned, blank: 0 }).await;
        self.given_and_closed(commands, round).await;
        let closes_at = self.clock.now() + 3.hours();
        self.says(commands, round, RoundCommand::RepeatGroup { group, closes_at }).await;
        self.replaced(commands, round).await;
        self.given_and_closed(commands, round).await;
        for (reviewer, member) in self.known(round).comments.into_iter().take(2) {
            let (released, reason) = (self.chance.percent(50), Some(self.text()));
            self.says(commands, round, RoundCommand::ModerateComment { reviewer, member, released, reason }).await;
        }
        self.tallied_and_published(commands, round).await;
        round
    }

    /// Somebody from outside counts in the place of the first scrutineer.
    async fn replaced(&mut self, commands: &dyn Commands, round: RoundId) {
        let known = self.known(round);
        let outside = |member: &&MemberId| {
            let takes_part = [&known.leaders, &known.scrutineers].into_iter().any(|of| of.contains(member));
            !takes_part && !known.branches.contains(&self.members[*member]) && !self.suspended.contains(*member)
        };
        let to = self.members.keys().find(outside).copied();
        if let Some((from, to)) = known.scrutineers.first().copied().zip(to) {
            let reason = self.text();
            self.says(commands, round, RoundCommand::ReplaceScrutineer { from, to, reason }).await;
        }
    }

    /// One appeal is upheld, two are refused, one of them against a result put right before; two are left open.
    async fn appealed(&mut self, commands: &dyn Commands, round: RoundId) {
        let known = self.known(round);
        let leader = known.leaders.first().copied();
        let mut put_right = || leader.map(|reviewer| Fix::Marks { reviewer, marks: self.marks(&known) });
        let fixes: [Vec<Fix>; 2] = [put_right().into_iter().collect(), put_right().into_iter().collect()];
        let [upheld, corrected] = fixes;
        for (turn, member) in known.reviewed.iter().copied().enumerate().take(4) {
            if turn == 2 {
                let correct = RoundCommand::Correct { member, fixes: corrected.clone(), reason: self.text() };
                self.says_as(2, commands, round, correct).await;
            }
            let (appeal, text) = (AppealId(self.chance.id()), self.text());
            self.says(commands, round, RoundCommand::FileAppeal { appeal, member, text }).await;
        }
        for (turn, (appeal, _)) in self.known(round).open_appeals.into_iter().enumerate().take(3) {
            let fixes = if turn == 1 { upheld.clone() } else { vec![] };
            self.answered(commands, round, appeal, fixes).await;
        }
        if let Some(member) = known.reviewed.first().copied() {
            let (appeal, text) = (AppealId(self.chance.id()), self.text());
            self.says(commands, round, RoundCommand::FileAppeal { appeal, member, text }).await;
        }
    }

    /// By somebody other than who decided or put right; upheld where something is put right.
    async fn answered(&mut self, commands: &dyn Commands, round: RoundId, appeal: AppealId, fixes: Vec<Fix>) {
        let (upheld, answer) = (!fixes.is_empty(), self.text());
        self.says_as(1, commands, round, RoundCommand::AnswerAppeal { appeal, upheld, answer, fixes }).await;
    }

    /// Whoever was marked is marked anew before anything is published.
    async fn voted_anew(&mut self, commands: &dyn Commands, branches: Vec<BranchId>) -> RoundId {
        let round = self.drafted(commands, branches, "2022-Q1", 2).await;
        self.opened(commands, round, &SECRET).await;
        self.given_and_closed(commands, round).await;
        for decline in [true, false] {
            let reason = self.text();
            self.says_as(0, commands, round, RoundCommand::ProposeReopening { reason }).await;
            if decline {
                let reason = self.text();
                self.says_as(1, commands, round, RoundCommand::DeclineReopening { reason }).await;
            }
        }
        let closes_at = self.clock.now() + 3.hours();
        self.says_as(1, commands, round, RoundCommand::Reopen { closes_at }).await;
        self.given_and_closed(commands, round).await;
        self.tallied_and_published(commands, round).await;
        round
    }

    /// One is annulled after its publication; another takes the quarter and stays open.
    async fn annulled(&mut self, commands: &dyn Commands, branches: Vec<BranchId>) {
        let round = self.drafted(commands, branches.clone(), "2021-Q3", 3).await;
        self.opened(commands, round, &SECRET).await;
        self.given_and_closed(commands, round).await;
        self.tallied_and_published(commands, round).await;
        for decline in [true, false] {
            let reason = self.text();
            self.says_as(0, commands, round, RoundCommand::ProposeAnnulment { reason }).await;
            let reason = self.text();
            let answer = if decline { RoundCommand::DeclineAnnulment { reason } } else { RoundCommand::Annul };
            self.says_as(1, commands, round, answer).await;
        }
        let another = self.drafted(commands, branches, "2021-Q3", 1).await;
        let closes_at = self.clock.now() + (24 * 300).hours();
        let open = self.open(&self.known(another), closes_at, &SECRET);
        self.all_say(commands, another, open.into_iter().collect()).await;
    }

    async fn of_the_year(&mut self, commands: &dyn Commands, branches: Vec<BranchId>) {
        let round = self.drafted(commands, branches, "2022", 2).await;
        self.opened(commands, round, &[]).await;
        self.given_and_closed(commands, round).await;
        self.tallied_and_published(commands, round).await;
    }

    async fn talk_steps(&mut self, commands: &dyn Commands, (subject, talk): (Subject, TalkId), steps: &[Doing]) {
        for doing in steps {
            let command = self.talk(subject, talk, *doing);
            self.send(commands, command.into_iter().collect()).await;
        }
    }

    /// Two are declined, the others held.
    async fn talks_held(&mut self, commands: &dyn Commands) -> Vec<(Subject, TalkId)> {
        let subjects = [
            self.a_member().map(Subject::Member),
            self.a_branch().map(Subject::Branch),
            self.a_member().map(Subject::Member),
            self.a_branch().map(Subject::Branch),
        ];
        let talks: Vec<_> = subjects.into_iter().flatten().map(|subject| (subject, TalkId(self.chance.id()))).collect();
        let (declined, held) = talks.split_at(2);
        for talk in declined {
            self.talk_steps(commands, *talk, &[Doing::Propose, Doing::Decline]).await;
        }
        for talk in held {
            self.talk_steps(commands, *talk, &[Doing::Propose, Doing::Approve, Doing::Hold]).await;
        }
        held.to_vec()
    }

    async fn talks_ended(&mut self, commands: &dyn Commands, talks: Vec<(Subject, TalkId)>) {
        for talk in talks {
            self.talk_steps(commands, talk, &[Doing::Call, Doing::FollowUp, Doing::Close]).await;
        }
    }
}

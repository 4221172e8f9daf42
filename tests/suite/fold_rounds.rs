//! Rounds by chance: every row of every table about them equals the naive one at every position.

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::{ActorId, AppealId, BranchId, MemberId, RoundId};
use domain::period::Period;
use domain::round::fraction::Fraction;
use domain::round::{Basis, Group, MemberResult, Preset, PutRight, Rostered, RoundEvent, Void};
use domain::stream::{Position, StreamId};
use domain::text::Sealed;
use harness::chance::Chance;
use jiff::Timestamp;
use projections::memory::Memory;
use projections::projection::Projection;
use projections::row::{Key, Row};
use uuid::Uuid;

use crate::naive::{Log, Naive};

fn id(number: u64) -> Uuid {
    Uuid::from_u128(number.into())
}

fn member(number: u64) -> MemberId {
    MemberId(id(0x100 + number))
}

fn branch(number: u64) -> BranchId {
    BranchId(id(0x200 + number))
}

fn instant(number: u64) -> Timestamp {
    Timestamp::from_second(1_640_966_400 + number as i64).unwrap()
}

/// A log that grows by what is said.
struct Told {
    facts: Vec<Fact>,
    chance: Chance,
    round: RoundId,
    versions: u32,
    attempts: [u32; 2],
}

impl Told {
    fn say(&mut self, stream: StreamId, event: impl Into<Event>) {
        let (position, actor) = (self.facts.len() as u64 + 1, self.actor());
        self.facts.push(Fact {
            position: Position(position),
            stream,
            sequence: position,
            at: instant(position),
            actor,
            command: format!("command-{position}"),
            correlation: "story".to_owned(),
            event: event.into(),
        });
    }

    fn happens(&mut self, event: RoundEvent) {
        self.say(self.round.into(), event);
    }

    fn below(&mut self, end: u64) -> u64 {
        self.chance.below(end)
    }

    fn actor(&mut self) -> ActorId {
        ActorId(format!("actor-{}", self.below(3)))
    }

    fn sealed(&mut self) -> Sealed {
        Sealed(format!("sealed-{}", self.below(50)))
    }

    fn anybody(&mut self) -> MemberId {
        member(self.below(6))
    }

    fn period(&mut self) -> Period {
        Period::quarter_of(2022, self.below(4) as i32 + 1).unwrap()
    }

    fn draft_and_open(&mut self) {
        let (branches, period) = (vec![branch(0), branch(1)], self.period());
        self.happens(RoundEvent::Drafted { branches: branches.clone(), period, rules_version: 1 });
        for branch in branches {
            self.say(branch.into(), BranchEvent::PeriodClaimed { round: self.round, period });
        }
        let opened = RoundEvent::Opened {
            rules: Preset::Default.rules(),
            groups: Group::ALL.to_vec(),
            closes_at: instant(self.below(999)),
            scrutineers: vec![member(0), member(7)],
        };
        self.happens(opened);
        let since = jiff::civil::date(2022, 1, 1);
        let person =
            |number| Rostered { member: member(number), branch: branch(number % 2), since, on_probation: number == 3 };
        self.happens(RoundEvent::RosterFixed {
            people: (0..4).map(person).collect(),
            leaders: vec![member(0), member(4)],
            peers: (1..4).map(member).collect(),
            suspended: vec![member(5)],
        });
        (self.versions, self.attempts) = (1, [1, 1]);
    }

    fn give(&mut self) {
        let secret = usize::from(self.chance.percent(50));
        let (group, attempt) = ([Group::Peer, Group::Public][secret], self.attempts[secret]);
        let (of, other, seal) = (self.anybody(), self.anybody(), self.sealed());
        let event = match self.below(5) {
            0 => RoundEvent::SelfReviewGiven { member: of, text: seal },
            1 => {
                let comment = self.chance.percent(50).then(|| self.sealed());
                RoundEvent::LeaderReviewGiven { reviewer: other, member: of, marks: seal, comment }
            }
            2 => {
                let to = (group == Group::Peer).then_some(of);
                RoundEvent::PaperIssued { group, attempt, to, count: self.below(3) as u32 + 1 }
            }
            3 => RoundEvent::PaperReturned {
                group,
                attempt,
                returned: self.below(9) as u32,
                blank: self.below(2) as u32,
            },
            _ => RoundEvent::PaperCounted { group, attempt, member: of, scrutineer: other, counts: seal },
        };
        self.happens(event);
    }

    /// Somebody else counts in the place of the first.
    fn replace(&mut self) {
        let (from, to, reason, by) = (member(0), self.anybody(), self.sealed(), self.actor());
        self.happens(RoundEvent::ScrutineerReplaced { from, to, reason, by });
    }

    /// A group votes again, or everybody does.
    fn vote_again(&mut self) {
        let secret = usize::from(self.chance.percent(50));
        let group = [Group::Peer, Group::Public][secret];
        if self.chance.percent(50) {
            let (attempt, cause) = (self.attempts[secret], Void::Turnout);
            self.happens(RoundEvent::GroupVoided { group, attempt, cause, eligible: 6, issued: 5, returned: 2 });
            self.attempts[secret] += 1;
            let closes_at = instant(self.below(999));
            self.happens(RoundEvent::GroupRepeated { group, attempt: attempt + 1, closes_at });
        } else {
            let (reason, by, proposed_by) = (self.sealed(), self.actor(), self.actor());
            self.happens(RoundEvent::ReopeningProposed { reason: reason.clone(), by: proposed_by.clone() });
            if self.chance.percent(40) {
                let reason = self.sealed();
                self.happens(RoundEvent::ReopeningDeclined { reason, proposed_by, by });
                return;
            }
            if self.chance.percent(30) {
                self.give();
            }
            (self.versions, self.attempts) = (self.versions + 1, self.attempts.map(|attempt| attempt + 1));
            let (version, closes_at) = (self.versions, instant(self.below(999)));
            self.happens(RoundEvent::Reopened { version, reason, proposed_by, by, closes_at });
        }
    }

    fn decide(&mut self) {
        let (proposal, decided, by, version) = (self.sealed(), self.sealed(), self.actor(), self.versions);
        self.happens(RoundEvent::Tallied { version, proposal, rounds: vec![RoundId(id(1))] });
        let (reviewer, of, released) = (self.anybody(), self.anybody(), self.chance.percent(50));
        let reason = Some(self.sealed());
        self.happens(RoundEvent::CommentModerated { reviewer, member: of, released, reason });
        self.happens(RoundEvent::GradesDecided { version, decided, by });
    }

    fn result(&mut self, of: MemberId, version: u32) {
        let (exact, period) = (Fraction::whole(self.below(100)), self.period());
        let exact = self.chance.percent(80).then_some(exact);
        let result = MemberResult::of(Basis::Reviews { groups: vec![] }, exact);
        let score_before = (version > 1).then_some(domain::amount::Amount::ONE);
        let event =
            RoundEvent::ResultPublished { member: of, branch: branch(0), period, version, result, score_before };
        self.happens(event);
    }

    fn publish(&mut self) {
        let (publicity_until, appeal_until) = (instant(self.below(999)), instant(self.below(999)));
        self.happens(RoundEvent::Published { version: self.versions, publicity_until, appeal_until });
        (0..3).for_each(|number| self.result(member(number), 1));
    }

    /// An appeal, right or wrong, with the correction that follows.
    fn appeal(&mut self, number: u64, version: u32) {
        let (appeal, of, answer_until) = (AppealId(id(0x900 + number)), member(number % 3), instant(self.below(999)));
        let (text, answer, by, upheld) = (self.sealed(), self.sealed(), self.actor(), self.chance.percent(50));
        self.happens(RoundEvent::AppealFiled { appeal, member: of, text, answer_until, by: None });
        if self.chance.percent(50) {
            self.happens(RoundEvent::AppealOverdue { appeal, member: of, answer_until });
        }
        self.happens(RoundEvent::AppealAnswered { appeal, member: of, upheld, answer: answer.clone(), by: by.clone() });
        if upheld {
            let appeal = self.chance.percent(70).then_some(appeal);
            let put_right = vec![PutRight::Grade, PutRight::Marks { reviewer: member(4) }];
            self.happens(RoundEvent::Corrected { member: of, version, appeal, reason: answer, by, put_right });
            self.result(of, version);
        }
    }

    fn end(&mut self) {
        if self.chance.percent(60) {
            self.happens(RoundEvent::Finalised { version: self.versions });
            return;
        }
        let (reason, by, proposed_by, period) = (self.sealed(), self.actor(), self.actor(), self.period());
        for declined in [self.chance.percent(50), false] {
            self.happens(RoundEvent::AnnulmentProposed { reason: reason.clone(), by: proposed_by.clone() });
            if !declined {
                break;
            }
            let (reason, proposed_by, by) = (self.sealed(), proposed_by.clone(), by.clone());
            self.happens(RoundEvent::AnnulmentDeclined { reason, proposed_by, by });
        }
        for number in 0..3 {
            let event = RoundEvent::ResultWithdrawn { member: member(number), branch: branch(0), period, version: 1 };
            self.happens(event);
        }
        let branches = vec![branch(0), branch(1)];
        self.happens(RoundEvent::Annulled { branches, period, reason, proposed_by, by });
        self.say(branch(0).into(), BranchEvent::PeriodReleased { round: self.round, period });
    }
}

/// Two versions of the rules and three rounds, one after the other.
fn rounds(seed: u64) -> Vec<Fact> {
    let (facts, chance) = (vec![], Chance::of(seed));
    let mut told = Told { facts, chance, round: RoundId(id(0)), versions: 0, attempts: [1, 1] };
    for version in 1..3 {
        let rules = Preset::Default.rules();
        told.say(BranchId::root().into(), BranchEvent::RulesAdopted { version, rules });
    }
    for number in 0..3 {
        told.round = RoundId(id(0x700 + number));
        told.draft_and_open();
        for _ in 0..=told.below(3) {
            (0..told.below(20)).for_each(|_| told.give());
            if told.chance.percent(40) {
                told.replace();
            }
            told.happens(RoundEvent::Closed { closed_at: instant(7) });
            if told.chance.percent(60) {
                told.vote_again();
            }
        }
        told.decide();
        told.publish();
        (0..told.below(4)).for_each(|step| told.appeal(number * 10 + step, step as u32 + 2));
        told.end();
    }
    told.facts
}

fn same<P: Projection>(facts: &[Fact], naive: impl Fn(Naive<'_>) -> Vec<P::Row>) {
    let log = Log::of(facts.to_vec());
    let mut memory = Memory::<P>::default();
    for fact in facts {
        memory.fold(fact);
        let standing = memory.history().filter(|held| held.until.is_none()).map(|held| held.row.clone());
        let mut expected = naive(Naive::upto(&log, fact.position));
        expected.sort_by_key(|row| row.key().cells());
        let mut standing: Vec<P::Row> = standing.collect();
        standing.sort_by_key(|row| row.key().cells());
        assert_eq!(standing, expected, "{} at {} after {}", P::NAME, fact.position, fact.event.name());
    }
}

#[test]
fn rounds_by_chance_are_folded_as_the_naive_way_has_them() {
    for seed in 0..12 {
        let facts = rounds(seed);
        assert!(facts.len() > 60, "{}", facts.len());
        same::<projections::rule_sets::RuleSets>(&facts, |naive| naive.rule_set_rows());
        same::<projections::claims::Claims>(&facts, |naive| naive.claim_rows());
        same::<projections::rounds::Rounds>(&facts, |naive| naive.round_rows());
        same::<projections::round_people::RoundPeople>(&facts, |naive| naive.round_person_rows());
        same::<projections::leader_reviews::LeaderReviews>(&facts, |naive| naive.leader_review_rows());
        same::<projections::paper_counts::PaperCounts>(&facts, |naive| naive.paper_count_rows());
        same::<projections::round_results::RoundResults>(&facts, |naive| naive.round_result_rows());
        same::<projections::appeals::Appeals>(&facts, |naive| naive.appeal_rows());
        same::<projections::dues::Dues>(&facts, |naive| naive.due_rows());
    }
}

//! The rounds of the year, recomputed from what was decided: the special cases are there, and the talks are five.

use std::collections::{BTreeMap, BTreeSet};

use domain::amount::Amount;
use domain::branch::BranchEvent;
use domain::event::Event;
use domain::id::{BranchId, MemberId, RoundId, TalkId};
use domain::member::MemberEvent;
use domain::period::{Grain, Period};
use domain::round::fraction::Fraction;
use domain::round::{Basis, Count, Counts, Gap, Group, Marks, MemberResult, Rostered, RoundEvent, Rules, Void};
use domain::stream::StreamId;
use domain::talk::Cause;
use domain::testing::OpenVault;
use domain::text::Sealed;
use domain::vault::Vault;
use jiff::ToSpan;
use jiff::civil::date;
use serde::de::DeserializeOwned;

use super::happened;

fn opened<T: DeserializeOwned>(sealed: &Sealed) -> T {
    let text = OpenVault.open(sealed).expect("sealed in this test's vault");
    serde_json::from_str(&text).expect("marks and counts are written as they are read")
}

/// What the events say of a round; marks and counts are opened.
#[derive(Default)]
struct Story {
    period: Option<Period>,
    rules: Option<Rules>,
    groups: Vec<Group>,
    people: Vec<Rostered>,
    leaders: Vec<MemberId>,
    scrutineers: Vec<MemberId>,
    marks: BTreeMap<(MemberId, MemberId), Marks>,
    counts: BTreeMap<(Group, MemberId), BTreeMap<MemberId, Counts>>,
    voided: Vec<(Group, Void)>,
    repeated: Vec<Group>,
    /// By person, in the order of their versions.
    results: BTreeMap<MemberId, Vec<MemberResult>>,
    decided_by: Option<String>,
    answers: Vec<(MemberId, bool, String)>,
    corrected: Vec<(MemberId, bool)>,
    comments: Vec<(bool, bool)>,
    ended: Vec<&'static str>,
}

impl Story {
    fn take(&mut self, event: &RoundEvent) {
        use RoundEvent as E;
        match event {
            E::Drafted { period, .. } => self.period = Some(*period),
            E::Opened { rules, groups, scrutineers, .. } => {
                (self.rules, self.groups) = (Some(rules.clone()), groups.clone());
                self.scrutineers.clone_from(scrutineers);
            }
            E::RosterFixed { people, leaders, .. } => {
                self.people.clone_from(people);
                self.leaders.clone_from(leaders);
            }
            E::LeaderReviewGiven { reviewer, member, marks, .. } => {
                _ = self.marks.insert((*member, *reviewer), opened(marks));
            }
            E::PaperCounted { group, member, scrutineer, counts, .. } => {
                self.counts.entry((*group, *member)).or_default().insert(*scrutineer, opened(counts));
            }
            E::GroupVoided { group, cause, .. } => self.voided.push((*group, *cause)),
            E::GroupRepeated { group, .. } => self.repeated.push(*group),
            E::Reopened { .. } => self.marks.clear(),
            E::ResultPublished { member, version, result, .. } => {
                let versions = self.results.entry(*member).or_default();
                versions.push(result.clone());
                assert_eq!(versions.len(), *version as usize);
            }
            E::GradesDecided { by, .. } => self.decided_by = Some(by.0.clone()),
            E::AppealAnswered { member, upheld, by, .. } => self.answers.push((*member, *upheld, by.0.clone())),
            E::Corrected { member, appeal, .. } => self.corrected.push((*member, appeal.is_some())),
            E::CommentModerated { released, reason, .. } => self.comments.push((*released, reason.is_some())),
            E::Finalised { .. } => self.ended.push("final"),
            E::Annulled { .. } => self.ended.push("annulled"),
            _ => {}
        }
    }

    fn is_yearly(&self) -> bool {
        self.period.is_some_and(|period| period.grain() == Grain::Year)
    }

    fn rules(&self) -> &Rules {
        self.rules.as_ref().expect("the round was opened")
    }

    /// The score of a person by the book: Σ weight × mean of the means ÷ Σ weight; nothing where a group is missing.
    fn score(&self, member: MemberId, without: Option<Group>) -> Option<Amount> {
        let (mut sum, mut weights) = (Fraction::zero(), Fraction::zero());
        for rule in self.rules().groups.iter().filter(|rule| self.groups.contains(&rule.group)) {
            if without == Some(rule.group) {
                return None;
            }
            let means = rule.dimensions.iter().map(|dimension| match rule.group {
                Group::Leader => mean(self.leaders.iter().filter_map(|leader| {
                    let mark = self.marks.get(&(member, *leader))?.get(&dimension.code)?;
                    Some((*mark, 1))
                })),
                Group::Peer | Group::Public => {
                    let count = self.counts.get(&(rule.group, member))?.values().next()?.get(&dimension.code)?;
                    self.mean_of(count)
                }
            });
            let means: Option<Vec<Fraction>> = means.collect();
            let means = means?;
            let group = means.iter().fold(Fraction::zero(), |sum, mean| sum.plus(mean));
            let group = group.over(&Fraction::whole(means.len() as u64))?;
            let weight: Fraction = rule.weight_percent.into();
            (sum, weights) = (sum.plus(&group.times(&weight)), weights.plus(&weight));
        }
        sum.over(&weights)?.rounded()
    }

    /// The mean of a count; nothing under the anonymity threshold.
    fn mean_of(&self, count: &Count) -> Option<Fraction> {
        let enough = count.valid() >= u64::from(self.rules().threshold);
        let points = |grade| self.rules().points(grade).expect("a grade of the scale");
        mean(count.grades.iter().filter(|_| enough).map(|(grade, count)| (points(grade), u64::from(*count))))
    }
}

fn mean(values: impl Iterator<Item = (Amount, u64)>) -> Option<Fraction> {
    let (sum, count) = values.fold((Fraction::zero(), 0), |(sum, count), (value, times)| {
        (sum.plus(&Fraction::from(value).times(&Fraction::whole(times))), count + times)
    });
    sum.over(&Fraction::whole(count))
}

fn stories() -> BTreeMap<RoundId, Story> {
    let mut stories: BTreeMap<RoundId, Story> = BTreeMap::new();
    for (stream, event) in happened() {
        if let Event::Round(event) = event {
            stories.entry(RoundId(stream.id)).or_default().take(event);
        }
    }
    stories
}

fn held(yearly: bool) -> Vec<Story> {
    let held = stories().into_values().filter(|story| !story.results.is_empty());
    held.filter(|story| story.is_yearly() == yearly).collect()
}

#[test]
fn every_branch_with_members_is_reviewed_each_quarter_and_in_the_year_and_every_round_ends() {
    let mut claims: BTreeMap<Period, BTreeSet<StreamId>> = BTreeMap::new();
    for (stream, event) in happened() {
        match event {
            Event::Branch(BranchEvent::PeriodClaimed { period, .. }) => {
                assert!(claims.entry(*period).or_default().insert(*stream), "{stream:?} claims {period} twice");
            }
            Event::Branch(BranchEvent::PeriodReleased { period, .. }) => {
                claims.get_mut(period).expect("a claim is there").remove(stream);
            }
            Event::Branch(_) | Event::Member(_) | Event::Round(_) => {}
        }
    }
    let sizes: Vec<usize> = claims.values().map(BTreeSet::len).collect();
    let names: Vec<String> = claims.keys().map(ToString::to_string).collect();
    assert_eq!(
        (names, sizes),
        (["2022-Q1", "2022-Q2", "2022-Q3", "2022-Q4", "2022"].map(str::to_owned).to_vec(), vec![43, 43, 41, 39, 39])
    );
    let rounds = |yearly| held(yearly).len();
    assert_eq!((rounds(false), rounds(true)), (163, 39), "two small branches are in one round");
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    for story in stories().into_values() {
        assert_eq!(story.ended.len(), 1, "a round of {:?} ends once", story.period);
        *ends.entry(story.ended[0]).or_default() += 1;
    }
    assert_eq!((ends["annulled"], ends.len()), (1, 2));
}

#[test]
fn whoever_leads_or_counts_comes_from_elsewhere_and_small_branches_vote_together() {
    let mut together = 0;
    for story in held(false) {
        let own: BTreeSet<MemberId> = story.people.iter().map(|person| person.member).collect();
        assert!(story.leaders.iter().chain(&story.scrutineers).all(|member| !own.contains(member)));
        let branches: BTreeSet<BranchId> = story.people.iter().map(|person| person.branch).collect();
        if branches.len() > 1 {
            assert_eq!((branches.len(), own.len(), story.groups.len()), (2, 8, 3));
            together += 1;
        }
    }
    assert_eq!(together, 3, "the temporary branches stand for three quarters");
}

#[test]
fn every_score_of_a_quarter_is_what_marks_and_counts_make_by_the_book() {
    let (mut scored, mut incomplete) = (0, 0);
    for story in held(false) {
        for (member, versions) in &story.results {
            // What was put right afterwards is in no sheet of marks or counts.
            let score = story.score(*member, None);
            assert_eq!(versions[0].score, score, "{member} in {:?}", story.period);
            if score.is_some() { scored += 1 } else { incomplete += 1 }
        }
        let counted = |by: &BTreeMap<MemberId, Counts>| {
            let mut both = by.values();
            both.len() == 2 && both.next() == both.next()
        };
        assert!(story.counts.values().all(counted), "two count alike");
    }
    assert_eq!(incomplete, 1);
    assert!(scored > 3_000, "{scored}");
}

#[test]
fn scores_are_tied_in_many_rounds() {
    let tied = held(false).into_iter().filter(|story| {
        let scores: Vec<Amount> = story.results.values().filter_map(|versions| versions[0].score).collect();
        scores.iter().collect::<BTreeSet<_>>().len() < scores.len()
    });
    assert!(tied.count() > 50);
}

#[test]
fn a_group_that_few_took_part_in_or_with_too_many_ballots_votes_again_and_is_complete_then() {
    let repeated: Vec<Story> = held(false).into_iter().filter(|story| !story.voided.is_empty()).collect();
    for story in &repeated {
        assert_eq!(story.repeated, [Group::Peer]);
        for (member, versions) in &story.results {
            assert_eq!(story.score(*member, Some(Group::Peer)), None, "incomplete before");
            assert!(versions[0].score.is_some(), "complete after");
        }
    }
    let causes: BTreeMap<Option<Period>, &[(Group, Void)]> =
        repeated.iter().map(|story| (story.period, &story.voided[..])).collect();
    let few = (Some(quarter(1)), &[(Group::Peer, Void::Turnout)][..]);
    let many = (Some(quarter(2)), &[(Group::Peer, Void::Surplus)][..]);
    assert_eq!((causes, repeated.len()), (BTreeMap::from([few, many]), 2));
}

#[test]
fn a_secret_group_under_the_threshold_is_left_out_whole() {
    let of = |result: &MemberResult| match &result.basis {
        Basis::Reviews { groups } => groups.iter().filter_map(|group| Some((group.group, group.gap?))).collect(),
        Basis::Year { .. } => vec![],
    };
    let all = held(false);
    let gaps: Vec<_> =
        all.iter().flat_map(|story| story.results.values()).map(|versions| (&versions[0], of(&versions[0]))).collect();
    let unsure: Vec<_> = gaps.iter().filter(|(_, gaps)| !gaps.is_empty()).collect();
    let [(result, gaps)] = unsure[..] else { panic!("{} people", unsure.len()) };
    assert_eq!(gaps, &[(Group::Peer, Gap::BelowThreshold)]);
    assert_eq!((result.score, &result.grade), (None, &None));
    let Basis::Reviews { groups } = &result.basis else { panic!("of a quarter") };
    assert!(groups.iter().all(|group| group.gap.is_none() || group.dimensions.is_empty()));
}

#[test]
fn in_the_year_ties_across_the_border_of_the_cap_are_decided_with_a_reason() {
    let (mut tied, mut scored) = (0, 0);
    for story in held(true) {
        let cap = story.rules().cap.clone().expect("the rules cap the best grade");
        let best = |result: &&MemberResult| result.grade.as_ref() == Some(&cap.grade);
        let results: Vec<&MemberResult> = story.results.values().map(|versions| &versions[0]).collect();
        let places = cap.places(results.len());
        assert!(results.iter().filter(|result| best(result)).count() <= places);
        let border: Vec<&&MemberResult> = results.iter().filter(|result| result.border_tie).collect();
        assert!(border.iter().all(|result| result.grade.is_some() && result.reason.is_some()));
        if !border.is_empty() {
            assert!(
                border.len() > 1
                    && border.iter().any(|result| best(result))
                    && !border.iter().all(|result| best(result))
            );
            assert_eq!(results.iter().filter(|result| best(result)).count(), places, "every place is taken");
            tied += 1;
        }
        scored += results.iter().filter(|result| result.score.is_some()).count();
    }
    assert!(tied >= 1 && scored > 700, "{tied} ties, {scored} scores");
}

#[test]
fn a_year_is_made_of_the_quarters_as_they_stand_corrected_and_of_the_comparisons() {
    let mut latest: BTreeMap<(MemberId, Period), Amount> = BTreeMap::new();
    for story in held(false) {
        for (member, versions) in &story.results {
            let score = versions.last().and_then(|result| result.score);
            latest.extend(score.map(|score| ((*member, story.period.expect("drafted")), score)));
        }
    }
    let percent = |number: u64| Fraction::whole(number).over(&Fraction::whole(100)).expect("100 is not 0");
    for (member, versions) in held(true).iter().flat_map(|story| &story.results) {
        let Basis::Year { quarters, performance, .. } = &versions[0].basis else { panic!("of a year") };
        let own: Vec<Amount> =
            latest.range((*member, quarter(1))..=(*member, quarter(4))).map(|(_, score)| *score).collect();
        assert_eq!(quarters.iter().map(|quarter| quarter.score).collect::<Vec<_>>(), own);
        let reviews = mean(own.iter().map(|score| (*score, 1))).filter(|_| own.len() >= 2);
        let parts = reviews.zip(performance.as_ref());
        let score =
            parts.map(|(reviews, performance)| reviews.times(&percent(40)).plus(&performance.times(&percent(60))));
        assert_eq!(versions[0].score, score.and_then(|score| score.rounded()), "{member}");
    }
}

fn quarter(number: i32) -> Period {
    Period::quarter_of(2022, number).expect("a quarter")
}

#[test]
fn one_appeal_is_upheld_one_refused_and_one_result_put_right_without_any() {
    let (mut upheld, mut refused, mut unasked) = (0, 0, 0);
    for story in held(false) {
        for (member, right, by) in &story.answers {
            assert_ne!(Some(by), story.decided_by.as_ref(), "who decided does not answer");
            let versions = &story.results[member];
            if *right {
                upheld += 1;
                assert_eq!(versions.len(), 2);
                assert!(versions[1].score > versions[0].score);
            } else {
                refused += 1;
                assert_eq!(versions.len(), 1);
            }
        }
        for (member, _) in story.corrected.iter().filter(|(_, appealed)| !appealed) {
            unasked += 1;
            assert_ne!(story.results[member][0].score, story.results[member][1].score);
        }
        let corrected = story.results.values().filter(|versions| versions.len() > 1).count();
        assert_eq!(corrected, story.corrected.len());
    }
    assert_eq!((upheld, refused, unasked), (1, 1, 1));
}

#[test]
fn in_the_year_one_appeal_is_upheld_and_computed_anew_from_a_result_put_right_and_one_is_refused() {
    let (mut upheld, mut refused) = (vec![], 0);
    for story in held(true) {
        for (member, right, by) in &story.answers {
            assert_ne!(Some(by), story.decided_by.as_ref(), "who decided does not answer");
            match (right, &story.results[member][..]) {
                (true, [before, after]) => upheld.push((*member, before.clone(), after.clone())),
                (false, [_]) => refused += 1,
                (_, versions) => panic!("{} versions", versions.len()),
            }
        }
        let versions: usize = story.results.values().map(|versions| versions.len() - 1).sum();
        assert_eq!(story.corrected.len(), versions);
    }
    assert_eq!((upheld.len(), refused), (1, 1));
    let (member, before, after) = &upheld[0];
    assert!(after.score > before.score);
    let [before, after] = [before, after].map(|result| match &result.basis {
        Basis::Year { quarters, comparisons, .. } => (quarters.clone(), comparisons.clone()),
        Basis::Reviews { .. } => panic!("of a year"),
    });
    assert_eq!(before.0, after.0, "no quarter changed");
    let ([before], [after]) = (&before.1[..], &after.1[..]) else { panic!("one metric is compared") };
    let added = happened().iter().filter_map(|(stream, event)| match event {
        Event::Member(MemberEvent::ResultCorrected { value, value_before, .. }) if *stream == (*member).into() => {
            Some(value.decimal() - value_before.decimal())
        }
        Event::Member(_) | Event::Branch(_) | Event::Round(_) => None,
    });
    let added = Amount::new(added.sum()).expect("within the limits");
    assert_eq!(after.actual, before.actual.plus(&added.into()), "by as much as the result of a month was put right");
}

#[test]
fn one_grade_is_decided_other_than_proposed_and_comments_are_shown_or_withheld_with_a_reason() {
    let all = held(false);
    let results = all.iter().flat_map(|story| story.results.values()).map(|versions| &versions[0]);
    let otherwise: Vec<&MemberResult> = results.filter(|result| result.grade != result.proposed).collect();
    assert!(otherwise.len() == 1 && otherwise[0].reason.is_some() && otherwise[0].grade.is_some());
    let comments: Vec<(bool, bool)> = all.iter().flat_map(|story| story.comments.clone()).collect();
    assert!(comments.iter().all(|(released, reason)| released != reason));
    assert!(comments.contains(&(true, false)) && comments.contains(&(false, true)));
}

/// A step of a talk, with whom it is.
#[derive(Debug, Default)]
struct Talk {
    cause: Option<Cause>,
    by_rule: bool,
    proposed_by: Option<String>,
    judged_by: Option<String>,
    declined: bool,
    held: Option<(jiff::civil::Date, usize)>,
    followed_up: Option<jiff::civil::Date>,
    closed: bool,
}

fn talks() -> BTreeMap<TalkId, Talk> {
    let mut talks: BTreeMap<TalkId, Talk> = BTreeMap::new();
    let mut of = |talk: &TalkId, change: &dyn Fn(&mut Talk)| change(talks.entry(*talk).or_default());
    for (_, event) in happened() {
        match event {
            Event::Member(MemberEvent::TalkProposed { talk, cause, round, by, .. })
            | Event::Branch(BranchEvent::TalkProposed { talk, cause, round, by, .. }) => of(talk, &|talk| {
                (talk.cause, talk.by_rule) = (Some(*cause), round.is_some());
                talk.proposed_by = by.as_ref().map(|by| by.0.clone());
            }),
            Event::Member(MemberEvent::TalkApproved { talk, by })
            | Event::Branch(BranchEvent::TalkApproved { talk, by }) => {
                of(talk, &|talk| talk.judged_by = Some(by.0.clone()));
            }
            Event::Member(MemberEvent::TalkDeclined { talk, .. })
            | Event::Branch(BranchEvent::TalkDeclined { talk, .. }) => of(talk, &|talk| talk.declined = true),
            Event::Member(MemberEvent::TalkHeld { talk, on, .. }) => of(talk, &|talk| talk.held = Some((*on, 1))),
            Event::Branch(BranchEvent::TalkHeld { talk, on, attendees, .. }) => {
                of(talk, &|talk| talk.held = Some((*on, attendees.len())));
            }
            Event::Member(MemberEvent::TalkFollowedUp { talk, on, .. })
            | Event::Branch(BranchEvent::TalkFollowedUp { talk, on, .. }) => {
                of(talk, &|talk| talk.followed_up = Some(*on));
            }
            Event::Member(MemberEvent::TalkClosed { talk, .. })
            | Event::Branch(BranchEvent::TalkClosed { talk, .. }) => of(talk, &|talk| talk.closed = true),
            Event::Member(_) | Event::Branch(_) | Event::Round(_) => {}
        }
    }
    talks
}

#[test]
fn five_person_times_are_talked_to_in_2022() {
    let talks = talks();
    let held: Vec<&Talk> = talks.values().filter(|talk| talk.held.is_some()).collect();
    let person_times: usize = held.iter().filter_map(|talk| talk.held).map(|(_, persons)| persons).sum();
    assert_eq!((person_times, held.len()), (5, 4));
    for talk in &held {
        let (on, _) = talk.held.expect("held");
        assert!(on < date(2023, 1, 1));
        assert!(talk.judged_by.is_some() && talk.judged_by != talk.proposed_by, "approved by another");
        assert!(talk.followed_up.is_some_and(|day| day >= on.saturating_add(30.days())), "after 30 days");
        assert!(talk.closed);
    }
    let by_rule: BTreeSet<String> = held
        .iter()
        .filter(|talk| talk.by_rule)
        .filter_map(|talk| talk.cause)
        .map(|cause| format!("{cause:?}"))
        .collect();
    assert_eq!(by_rule, BTreeSet::from(["LastTwice".to_owned(), "ScoreBelow".to_owned()]));
    assert_eq!(held.iter().filter(|talk| talk.cause == Some(Cause::Asked)).count(), 2);
    let others: Vec<&Talk> = talks.values().filter(|talk| talk.held.is_none()).collect();
    assert!(others.len() == 2 && others.iter().all(|talk| talk.declined), "none is left open");
}

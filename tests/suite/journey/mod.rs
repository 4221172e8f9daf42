//! Journeys over HTTP against the real server: stories, and that nothing is left out of them.
//!
//! Each story begins with an empty organisation of its own. They are not tests of their own: one test runs them all,
//! since it has to know afterwards what they have sent and heard.

pub mod alike;
mod competing;
mod displaying;
mod feeds;
pub mod forbidding;
mod founding;
mod garbling;
mod granting;
mod keeping;
mod matrix;
mod merging;
mod paging;
mod panel;
mod quarters;
mod refusing;
mod reviewing;
mod roles;
mod roster;
mod talking;
pub mod teller;
pub mod town;
mod worked;
mod yearly;

use std::any::Any;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use domain::event::Event;
use domain::refusal::Refusal;
use domain::stream::StreamKind;
use futures_util::future::LocalBoxFuture;

use self::teller::{Ears, Heard};
use crate::derived::check;

type Story = (&'static str, fn(Ears) -> LocalBoxFuture<'static, ()>);

macro_rules! stories {
    ($($module:ident :: $story:ident),* $(,)?) => {
        &[$((stringify!($story), |heard| Box::pin($module::$story(heard)))),*]
    };
}

/// Every story.
const STORIES: &[Story] = stories![
    founding::an_organisation_is_founded_and_changes_its_shape,
    roster::members_come_move_and_go,
    merging::two_registrations_of_one_person_become_one,
    displaying::identity_standards_and_commitments_are_displayed,
    competing::results_skills_and_style_are_compared,
    competing::amounts_at_the_limit_keep_every_digit,
    refusing::every_broken_rule_is_refused_and_nothing_recorded,
    garbling::whatever_comes_in_is_answered,
    garbling::texts_in_any_script_come_back_as_given,
    garbling::an_accident_says_nothing_of_its_cause,
    garbling::without_signing_in_there_is_only_the_position,
    reviewing::a_quarter_is_reviewed_from_draft_to_appeal,
    roles::a_quarter_is_played_by_every_role,
    keeping::every_rule_of_a_round_is_kept,
    worked::a_group_fails_and_votes_again,
    worked::scores_are_rounded_once_and_ranked,
    worked::fourteen_members_have_four_places,
    yearly::a_year_is_made_of_quarters_and_comparisons,
    granting::roles_and_accounts_are_given_to_others_and_taken_back,
    talking::a_talk_is_held_and_followed_up_with_members_and_branches,
    quarters::a_quarter_ends_at_midnight_of_the_organisation,
    quarters::two_at_once_do_not_both_win,
    paging::pages_stay_right_while_the_list_changes,
    forbidding::each_role_reaches_as_far_as_the_table_says,
    forbidding::names_and_texts_are_masked,
    forbidding::a_command_needs_reach_over_all_it_names,
    matrix::every_field_is_answered_as_the_table_says,
    alike::what_is_out_of_reach_is_answered_as_what_is_not_there,
    feeds::the_trail_is_followed_without_loss_or_double,
    feeds::boards_reports_and_positions_are_sent_again_when_they_change,
    feeds::the_protocol_is_kept,
];

/// How many stories are told at once.
const AT_ONCE: usize = 3;

/// Tells every story; what they have heard, and which ones failed.
fn tell_all() -> (Heard, Vec<String>) {
    let (heard, failed) = (Ears::default(), Mutex::new(Vec::new()));
    let untold = Mutex::new(STORIES.iter());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((name, story)) = { untold.lock().unwrap().next() } {
                    let heard = Arc::clone(&heard);
                    if let Err(panic) = std::thread::spawn(|| tell(*story, heard)).join() {
                        failed.lock().unwrap().push(format!("{name}: {}", said(&*panic)));
                    }
                }
            });
        }
    });
    let heard = std::mem::take(&mut *heard.lock().unwrap());
    (heard, failed.into_inner().unwrap())
}

fn tell(story: fn(Ears) -> LocalBoxFuture<'static, ()>, heard: Ears) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(story(heard));
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked")
}

fn mutations() -> BTreeSet<String> {
    fields("Mutation")
}

/// The fields of a root type.
fn fields(root: &str) -> BTreeSet<String> {
    let sdl = graphql::schema::sdl();
    let body = sdl.split(&format!("\ntype {root} {{")).nth(1).unwrap().split("\n}").next().unwrap();
    let lines = body.lines().filter_map(|line| line.strip_prefix('\t'));
    let named = lines.filter_map(|line| line.split_once(['(', ':'])).map(|(name, _)| name.to_owned());
    named.filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric())).collect()
}

fn codes() -> BTreeSet<String> {
    let doors = [graphql::refusal::CODES, graphql::fault::CODES, graphql::legible::CODES, infra::http::request::CODES];
    let all = Refusal::all_codes().into_iter().chain(doors.concat());
    all.map(str::to_owned).collect()
}

/// The codes that no request can lead to, each with the reason: `code: reason`.
fn unreachable() -> BTreeSet<String> {
    let lines = include_str!("unreachable.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (code, reason) = line.split_once(": ").unwrap_or_else(|| panic!("not `code: reason`: {line}"));
            assert!(reason.len() > 20, "why can {code} not be reached?");
            code.to_owned()
        })
        .collect()
}

fn missing(all: &BTreeSet<String>, seen: &BTreeSet<String>) -> Vec<String> {
    all.difference(seen).cloned().collect()
}

#[test]
fn every_command_event_and_refusal_has_its_place_in_a_journey() {
    let (heard, failed) = tell_all();
    assert!(failed.is_empty(), "{} stories failed:\n{}", failed.len(), failed.join("\n\n"));
    let nothing = Vec::<String>::new();
    assert_eq!(missing(&mutations(), &heard.mutations), nothing, "mutations that no journey sends");
    let events: BTreeSet<String> =
        StreamKind::ALL.into_iter().flat_map(Event::names).map(|name| (*name).to_owned()).collect();
    assert_eq!(missing(&events, &heard.events), nothing, "events that no journey leads to");
    let (all, unreachable) = (codes(), unreachable());
    assert_eq!(missing(&unreachable, &all), nothing, "listed as unreachable, but there is no such code");
    assert_eq!(missing(&heard.codes, &all), nothing, "codes that no list names");
    let reached: Vec<_> = unreachable.intersection(&heard.codes).collect();
    assert!(reached.is_empty(), "listed as unreachable, but reached: {reached:?}");
    let expected = all.difference(&unreachable).cloned().collect();
    assert_eq!(missing(&expected, &heard.codes), nothing, "refusals and errors that no journey is answered with");
    // What the reference of the API names.
    let rules: BTreeSet<&str> = Refusal::all_codes().into_iter().collect();
    let refused = heard.refused.iter().filter(|(_, code)| rules.contains(code.as_str()));
    let lines: String = refused.map(|(mutation, code)| format!("{mutation} {code}\n")).collect();
    check("tests/suite/journey/refused.txt", &lines);
}

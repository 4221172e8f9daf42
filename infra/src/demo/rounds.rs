//! The rounds of the year 评议: four quarterly ones in every branch with members, the yearly one, reminder talks.
//!
//! # Life
//! Rules and plans in January; a round for each branch after each quarter, small branches together; the yearly rounds
//! once the fourth quarter is final, in February 2023; then the rules of the year after.
//!
//! # Rules
//! - Everybody is marked by a leader from elsewhere each quarter; ballots go round, so that a branch votes on paper once
//!   a year or more often, and small ones always.
//! - What comes out is computed on the way with the domain's own arithmetic, so that the committee knows its ties.
//!
//! # Not here
//! Real answers: levels are drawn, and what is out of the ordinary is written down in [`cases`].

mod answers;
mod appeals;
mod book;
mod cases;
mod course;
mod levels;
mod rules;
mod secondment;
mod setting;
mod sheet;
mod talks;
mod term;
mod voting;
mod year_appeals;
mod years;

use super::draft::Timeline;
use super::people::Person;
use super::tree::Tree;
use book::Book;
use setting::Setting;

/// Plans the rounds; of what is planned already it takes the results that the yearly ones compare.
pub fn plan(tree: &Tree, people: &[Person], seed: u64, timeline: &mut Timeline) {
    rules::adopt(timeline);
    rules::set_plans(people, timeline);
    secondment::plan(tree, people, timeline);
    let setting = Setting::new(tree, people, seed);
    let mut book = Book::default();
    for quarter in 1..=4 {
        course::quarter(&setting, quarter, &mut book, timeline);
    }
    talks::plan(&setting, &book, timeline);
    years::plan(&setting, &book, timeline);
    rules::adopt_next(timeline);
}

//! The demo year 2022: a city company's programme with invented people, made from a fixed seed.
//!
//! # Life
//! The tree, the roster, outlets and plans on the first working day; then what happens day by day; results a few days
//! after each month; the last conclusions in January 2023. A round of evaluation in every branch after each quarter, the
//! yearly ones in February 2023. Everything goes through the commands a user sends, on a
//! simulated clock.
//!
//! # Rules
//! - The figures of the programme come out exactly; sums are distributed to the cent.
//! - The same seed makes the same commands, ids included, whenever and wherever it is loaded.
//!
//! # Invariant
//! Making the year is pure; only [`load`] touches the world.
//!
//! # Not here
//! Real persons and places: names are composed of lists, and the districts do not exist.

mod awards;
mod calendar;
mod competitions;
mod contact_points;
mod display;
mod draft;
mod draws;
mod load;
mod metrics;
mod money;
mod names;
mod outlets;
mod people;
mod results;
mod roster;
mod rounds;
#[cfg(test)]
mod tests;
mod training;
mod tree;

pub use draft::{Draft, LOADER, Step};
pub use load::{DemoError, Loaded, is_loaded, load};

use domain::period::Zone;
use draft::{Hour, Timeline};
use jiff::{Timestamp, ToSpan};

/// The seed of the year.
const SEED: u64 = 2022;

/// When the year opens: a simulated clock starts here.
#[must_use]
pub fn opening() -> Timestamp {
    Zone::default().start_of(tree::OPENING) + (Hour::Top as i64).minutes()
}

/// The year's commands in order.
#[must_use]
pub fn steps() -> Vec<Step> {
    let tree = tree::Tree::grown();
    let people = people::everybody(&tree, SEED);
    let places = outlets::everywhere(&tree, SEED);
    let mut timeline = Timeline::new();
    tree.plan(&mut timeline);
    metrics::plan(&tree, &mut timeline);
    roster::plan(&tree, &people, &mut timeline);
    outlets::plan(&tree, &places, SEED, &mut timeline);
    contact_points::plan(&tree, &people, &places, SEED, &mut timeline);
    results::plan(&tree, &people, SEED, &mut timeline);
    competitions::plan(&tree, &mut timeline);
    training::plan(&tree, &people, SEED, &mut timeline);
    display::plan(&tree, &people, SEED, &mut timeline);
    awards::plan(&tree, &people, SEED, &mut timeline);
    rounds::plan(&tree, &people, SEED, &mut timeline);
    timeline.into_steps()
}

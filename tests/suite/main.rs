//! The proof, in reading order.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod beside;
mod deadlines;
mod deep;
mod demo;
mod derived;
mod ends;
mod fold_first;
mod fold_history;
mod fold_lineage;
mod fold_once;
mod fold_pages;
mod fold_plans;
mod fold_poison;
mod fold_ranks;
mod fold_reads;
mod fold_rebuild;
mod fold_rounds;
mod fold_scores;
mod fold_verify;
mod journey;
mod kill;
mod log_cqrs;
mod log_desk;
mod log_faults;
mod log_keys;
mod log_once;
mod log_order;
mod log_races;
mod log_walls;
mod looks;
mod naive;
mod quarter;
mod recount;
mod tidy;
mod told;

//! Queries 查询: pages, lists, boards, the report and the trail, each as of one position.
//!
//! # Rules
//! - Every root field that reads rows takes `asOf` (a moment of the past) and `atLeast` (a position to wait for); what is
//!   about two moments takes both of them.
//! - Every list is scoped by the policy, and every link is checked again where it leads.
//! - What does not exist is null for whoever sees everything, and out of reach for everybody else.

use async_graphql::MergedObject;

pub mod board;
pub mod branch;
pub mod competition;
pub mod contact_point;
pub mod counts;
pub mod due;
pub mod fairness;
pub mod figure;
pub(crate) mod filter;
pub mod grant;
pub mod lineage;
pub mod log;
pub mod member;
pub mod metric;
pub mod moved;
pub mod node;
pub mod outlet;
mod published;
pub mod record;
pub mod report;
pub mod round;
pub mod subject;
pub mod talk;
pub mod trail;
pub mod training;
pub mod what_if;
pub mod whoami;

/// The log, who looks, figures, boards and the trail.
#[derive(Default, MergedObject)]
struct Overview(
    log::LogQuery,
    whoami::WhoamiQuery,
    node::NodeQuery,
    report::ReportQuery,
    board::BoardQuery,
    moved::MovedQuery,
    trail::TrailQuery,
);

/// Pages and lists of the organisation.
#[derive(Default, MergedObject)]
struct Pages(
    branch::BranchQuery,
    member::MemberQuery,
    outlet::OutletQuery,
    contact_point::ContactPointQuery,
    training::TrainingQuery,
    metric::MetricQuery,
    competition::CompetitionQuery,
    grant::GrantQuery,
);

/// Rounds of evaluation.
#[derive(Default, MergedObject)]
struct Evaluations(
    round::RoundQuery,
    round::rules::RulesQuery,
    round::plan::PlanQuery,
    round::result::ResultQuery,
    round::proposal::ProposalQuery,
    round::reads::ReadsQuery,
    talk::TalkQuery,
    what_if::WhatIfQuery,
    fairness::FairnessQuery,
    due::DueQuery,
);

/// What may be asked to be seen 查询. Every answer is as of one position of the log.
///
/// In three parts: each part of a merged object is one more layer around what is behind it, and a compiler counts layers.
#[derive(Default, MergedObject)]
pub struct Query(Overview, Pages, Evaluations);

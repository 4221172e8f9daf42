//! The append of a batch, in the traces of the commands it holds.

use super::job::{Job, Settled};
use crate::trace::{self, Span, Trace};

/// The append, as the trace of each job has it.
pub fn begun(jobs: &[Job]) -> Vec<(usize, Span)> {
    match trace::is_on() {
        true => {
            let span = |job: &Job| Span::within("log.append", Trace::of_metadata(&job.metadata).as_ref());
            jobs.iter().enumerate().filter_map(|(place, job)| Some((place, span(job)?))).collect()
        }
        false => Vec::new(),
    }
}

/// Ends it, and says where the job's last event stands.
pub fn ended(appending: Vec<(usize, Span)>, jobs: usize, answers: &[Settled]) {
    for (place, mut span) in appending {
        span.tell("sanping.batch.commands", trace::number(jobs as u64));
        if let Some(Settled::Accepted(position) | Settled::Replayed(position)) = answers.get(place) {
            span.tell("sanping.position", trace::number(position.0));
        }
    }
}

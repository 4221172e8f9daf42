//! How far long work has come: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::fold::rebuild::Progress;

/// How often a line is told of work whose end is not known.
const EVERY: u64 = 10_000;

/// The step at which everything is read, and what comes after.
const READ: u64 = 10;
const WRITES: &str = "writes rows and indexes";

/// A bar of work whose end is known.
const BAR: &str = "{prefix} {wide_bar} {human_pos}/{human_len} {per_sec} {eta} {msg}";

/// Tells a person.
pub struct Told {
    what: String,
    of: Option<u64>,
    bar: Option<ProgressBar>,
    steps: Mutex<u64>,
}

impl Told {
    /// Tells of work under a name.
    #[must_use]
    pub fn of(what: &str) -> Self {
        Self::shaped(what, None, BAR)
    }

    /// Tells of so much work; where nobody knows how much there is, of how much is done.
    #[must_use]
    pub fn counted(what: &str, of: Option<u64>) -> Self {
        match of {
            Some(_) => Self::shaped(what, of, BAR),
            None => Self::shaped(what, of, "{prefix} {spinner} {human_pos} {per_sec}"),
        }
    }

    fn shaped(what: &str, of: Option<u64>, shape: &str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.with_style(ProgressStyle::with_template(shape).expect("the template is well formed"))
                .with_prefix(what.to_owned())
        });
        Self { what: what.to_owned(), of, bar, steps: Mutex::new(0) }
    }

    /// Tells how much is done.
    pub fn so_far(&self, done: u64) {
        self.tell(done, self.of);
    }

    /// A line besides how far the work is.
    fn mention(&self, what: &str) {
        let told = format!("{}: {what}", self.what);
        match &self.bar {
            Some(bar) => bar.println(told),
            None => eprintln!("{told}"),
        }
    }

    /// It is counted from the beginning again.
    fn anew(&self) {
        *self.steps.lock().expect("no holder of the number panics") = 0;
    }

    fn tell(&self, done: u64, of: Option<u64>) {
        if let Some(bar) = &self.bar {
            of.into_iter().for_each(|of| bar.set_length(of));
            bar.set_position(done);
            return;
        }
        let mut told = self.steps.lock().expect("no holder of the number panics");
        if step(done, of) > *told {
            *told = step(done, of);
            match of {
                Some(of) => eprintln!("{}: {done} of {of}", self.what),
                None => eprintln!("{}: {done}", self.what),
            }
        }
    }
}

/// A line is told at each of these.
fn step(done: u64, of: Option<u64>) -> u64 {
    match of {
        Some(of) => done.saturating_mul(10).checked_div(of).unwrap_or(10),
        None => done / EVERY,
    }
}

impl Progress for Told {
    fn at(&self, done: u64, of: u64) {
        self.bar.iter().for_each(|bar| bar.set_message(""));
        self.tell(done, Some(of));
    }

    fn pass(&self, number: u32) {
        if number > 1 {
            self.mention(&format!("pass {number} over the log, for what the one before had no room for"));
            self.anew();
        }
    }

    fn step(&self, events: u64) {
        // The long ones alone: an index, a comparison, the rows of a whole log.
        let mut told = self.steps.lock().expect("no holder of the number panics");
        match &self.bar {
            Some(bar) if events > 0 => bar.set_message(WRITES),
            None if events > 0 && *told == READ => {
                *told += 1;
                eprintln!("{}: {WRITES}", self.what);
            }
            _short => {}
        }
    }

    fn again(&self, after: Duration) {
        self.mention(&format!("nothing has moved for {} s; what is not done is begun again", after.as_secs()));
        self.anew();
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_told_at_each_tenth_or_each_so_many() {
        assert_eq!([0, 9, 10, 99, 100].map(|done| step(done, Some(100))), [0, 0, 1, 9, 10]);
        assert_eq!([0, EVERY - 1, EVERY, 3 * EVERY].map(|done| step(done, None)), [0, 0, 1, 3]);
        assert_eq!(step(0, Some(0)), 10);
    }
}

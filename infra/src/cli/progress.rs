//! How far long work has come: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::fold::rebuild::Progress;

/// Tells a person.
pub struct Told {
    what: String,
    bar: Option<ProgressBar>,
    tenths: Mutex<u64>,
}

impl Told {
    /// Tells of work under a name.
    #[must_use]
    pub fn of(what: &str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let shape = "{prefix} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}";
            bar.with_style(ProgressStyle::with_template(shape).expect("the template is well formed"))
                .with_prefix(what.to_owned())
        });
        Self { what: what.to_owned(), bar, tenths: Mutex::new(0) }
    }
}

impl Progress for Told {
    fn at(&self, done: u64, of: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(of);
            bar.set_position(done);
            return;
        }
        let tenth = done.saturating_mul(10).checked_div(of).unwrap_or(10);
        let mut told = self.tenths.lock().expect("no holder of the number panics");
        if tenth > *told {
            *told = tenth;
            eprintln!("{}: {done} of {of}", self.what);
        }
    }

    fn again(&self, after: Duration) {
        let told =
            format!("{}: nothing has moved for {} s; what is not done is begun again", self.what, after.as_secs());
        match &self.bar {
            Some(bar) => bar.println(told),
            None => eprintln!("{told}"),
        }
        *self.tenths.lock().expect("no holder of the number panics") = 0;
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

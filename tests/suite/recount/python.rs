//! The other implementation: one process for all bundles, read beside so that both go on at once.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::JoinHandle;

use serde_json::Value;

/// `recount.py --lines`, running.
pub struct Recounter {
    process: Child,
    bundles: ChildStdin,
    answers: JoinHandle<Vec<Value>>,
}

impl Recounter {
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("examples/recount/recount.py");
        let mut asked = Command::new("python3");
        asked.arg("-B").arg(&script).arg("--lines").stdin(Stdio::piped()).stdout(Stdio::piped());
        let started = asked.spawn();
        let mut process = started.expect("this test needs python3, 3.10 or later, on the path: ./dev test installs it");
        let (bundles, said) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let answers = std::thread::spawn(move || {
            let lines = BufReader::new(said).lines().map(Result::unwrap);
            lines.map(|line| serde_json::from_str(&line).unwrap()).collect()
        });
        Self { process, bundles, answers }
    }

    pub fn hand_in(&mut self, bundle: &Value) {
        writeln!(self.bundles, "{bundle}").expect("recount.py goes on to the end of its input; see what it said");
    }

    /// Every answer, in the order of the bundles.
    pub fn answers(mut self) -> Vec<Value> {
        drop(self.bundles);
        self.process.wait().unwrap();
        self.answers.join().unwrap()
    }
}

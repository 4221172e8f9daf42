//! `./dev soak [MINUTES]`: writers over HTTP while the program, and its PostgreSQL with it, is killed, paused and
//! started again at random. At the end nothing acknowledged is missing, nothing is doubled, and every row agrees with
//! the log. Writes its result into BENCHMARKS.md.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use harness::client::Api;
use harness::program::{Running, answer, data};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const WRITERS: u64 = 16;

/// A small generator, so that a run can be repeated from its seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// What was acknowledged: input by command id, with the position answered.
type Acknowledged = Arc<Mutex<BTreeMap<String, (serde_json::Value, u64)>>>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let minutes: u64 = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let seed: u64 = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let folder = data();
    let mut chance = Chance(seed);
    let (mut program, first) = start(folder.path());
    let members = found(&Api::at(&first)).await?;
    let (address, _) = watch::channel(first);
    let (done, acknowledged) = (watch::channel(false).0, Acknowledged::default());
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        writers.spawn(write(number, members.clone(), address.subscribe(), done.subscribe(), Arc::clone(&acknowledged)));
    }
    let mut faults: BTreeMap<&str, u64> = BTreeMap::new();
    let end = Instant::now() + Duration::from_secs(minutes * 60);
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(500 + chance.below(4_000))).await;
        let fault = ["killed", "killed with PostgreSQL", "paused", "stopped"][usize::try_from(chance.below(4))?];
        *faults.entry(fault).or_default() += 1;
        match fault {
            "killed" => program.kill(),
            "killed with PostgreSQL" => program.kill_with_postgres(),
            "paused" => {
                program.pause(Duration::from_millis(1_000 + chance.below(7_000)));
                continue;
            }
            _ => program.stop(),
        }
        let (again, listening) = start(folder.path());
        program = again;
        address.send_replace(listening);
    }
    done.send_replace(true);
    while let Some(ended) = writers.join_next().await {
        ended?;
    }
    let current = address.borrow().clone();
    let acknowledged = std::mem::take(&mut *acknowledged.lock().map_err(|_| "a writer panicked")?);
    check(&Api::at(&current), &acknowledged).await?;
    program.stop();
    let verified = answer(folder.path(), &["projections", "verify"]);
    if verified.lines().any(|line| !line.contains("rows agree")) {
        return Err(format!("rows differ from the log:\n{verified}").into());
    }
    let faults: Vec<String> = faults.iter().map(|(fault, times)| format!("{fault} {times} times")).collect();
    record(&format!(
        "{minutes} minutes, seed {seed}, {WRITERS} writers over HTTP; the program was {}. {} commands were acknowledged: \
         each is in the log once at the position answered, and every projection agrees with the log refolded.",
        faults.join(", "),
        acknowledged.len()
    ))
}

fn start(data: &Path) -> (Running, String) {
    let program = Running::start(data, &["serve", "--dev-sign-in", "--listen", "127.0.0.1:0"]);
    let line = program.until_said("serving on ");
    let address = line.rsplit(' ').next().unwrap_or_default().to_owned();
    (program, address)
}

async fn found(api: &Api) -> Result<Vec<String>, Failure> {
    let root = api
        .send(
            "establishBranch",
            json!({ "commandId": "root", "kind": "COMMITTEE", "name": "市分公司党委", "on": "2020-01-01" }),
        )
        .await?;
    let mut members = Vec::new();
    for number in 0..50 {
        let input = json!({
            "commandId": format!("member-{number}"), "branch": root.id, "staffNumber": format!("S{number}"),
            "name": "试一", "post": "STAFF", "on": "2022-01-04",
        });
        members.push(api.send("registerMember", input).await?.id);
    }
    Ok(members)
}

/// Sends numbered commands until all is done, each until it is acknowledged.
async fn write(
    writer: u64,
    members: Vec<String>,
    address: watch::Receiver<String>,
    done: watch::Receiver<bool>,
    acknowledged: Acknowledged,
) {
    for number in 0.. {
        let command = format!("w{writer}-{number}");
        let member = &members[(writer + number) as usize % members.len()];
        let input = json!({
            "commandId": command, "member": member, "on": "2022-03-01", "place": "营业大厅", "worn": true,
        });
        loop {
            if *done.borrow() {
                return;
            }
            let api = Api::at(&address.borrow().clone());
            let asked = tokio::time::timeout(Duration::from_secs(15), api.send("checkBadge", input.clone())).await;
            if let Ok(Ok(answered)) = asked
                && let Some(position) = answered.position
            {
                acknowledged.lock().expect("no writer panics").insert(command, (input, position));
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn check(api: &Api, acknowledged: &BTreeMap<String, (serde_json::Value, u64)>) -> Result<(), Failure> {
    let mut positions = std::collections::BTreeSet::new();
    for (command, (input, position)) in acknowledged {
        let again = api.send("checkBadge", input.clone()).await?;
        if !again.replayed || again.position != Some(*position) || !positions.insert(*position) {
            return Err(format!("{command} was acknowledged at {position}, and now answers {again:?}").into());
        }
    }
    Ok(())
}

/// Puts the result between the markers of BENCHMARKS.md.
fn record(result: &str) -> Result<(), Failure> {
    eprintln!("{result}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../BENCHMARKS.md");
    let kept = std::fs::read_to_string(&path)?;
    let (before, rest) = kept.split_once("<!-- soak -->").ok_or("BENCHMARKS.md has lost its marker")?;
    let (_, after) = rest.split_once("<!-- /soak -->").ok_or("BENCHMARKS.md has lost its marker")?;
    std::fs::write(path, format!("{before}<!-- soak -->\n\n{result}\n\n<!-- /soak -->{after}"))?;
    Ok(())
}

//! What an operator is given beside the program: the unit of systemd, the proxy, the alert rules, each tried with the tool that
//! reads it.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use harness::own::serve;
use harness::program::{Running, data, sanping};
use harness::wait::until;

use crate::derived::root;

fn example(name: &str) -> String {
    fs::read_to_string(root().join("examples").join(name)).unwrap()
}

/// A tool that `./dev tools` has put aside, or the machine has.
fn tool(name: &str) -> PathBuf {
    let aside = ["usr/bin", "usr/sbin"].map(|folder| root().join("target/tools").join(folder).join(name));
    let installed = ["/usr/bin", "/usr/sbin", "/bin"].map(|folder| Path::new(folder).join(name));
    let found = aside.into_iter().chain(installed).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is missing: `./dev tools` puts it into target/tools"))
}

fn well(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

#[test]
fn the_unit_of_systemd_is_taken_and_leaves_the_service_little() {
    let unit = example("service/sanping.service");
    for directive in [
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "CapabilityBoundingSet=\n",
        "PrivateDevices=yes",
        "LoadCredential=master.key:/etc/sanping/master.key",
        "Environment=SANPING_KEY_FILE=%d/master.key",
        "UMask=0077",
        "EnvironmentFile=/etc/sanping/sanping.env",
        "ExecStart=/usr/local/bin/sanping serve\n",
        "KillSignal=SIGTERM",
    ] {
        assert!(unit.contains(directive), "{directive}");
    }
    // The program as it was built stands where it would be installed.
    let folder = tempfile::tempdir().unwrap();
    let installed = unit.replace("/usr/local/bin/sanping", sanping().to_str().unwrap());
    let path = folder.path().join("sanping.service");
    fs::write(&path, installed).unwrap();
    let analyse = tool("systemd-analyze");
    let said = well(Command::new(&analyse).args(["verify", "--man=no"]).arg(&path));
    assert!(!said.contains("sanping.service"), "nothing is said of it: {said}");
    // Of ten, which is a service with every right.
    well(Command::new(&analyse).args(["security", "--offline=yes", "--threshold=15", "--no-pager"]).arg(&path));
}

#[test]
fn the_settings_of_the_service_are_settings() {
    let known: BTreeSet<String> =
        infra::config::page::settings().iter().filter_map(|setting| setting.variable().map(str::to_owned)).collect();
    let file = example("service/sanping.env");
    let set = file
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name);
    let set: Vec<&str> = set.collect();
    assert!(set.len() >= 4 && set.iter().all(|name| known.contains(*name)), "{set:?}");
}

/// The names of our metrics in a text.
fn metrics(text: &str) -> BTreeSet<&str> {
    let word = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    text.split(word).filter(|name| name.starts_with("sanping_")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_alert_rule_is_of_a_metric_that_is_shown_and_of_a_shape_that_prometheus_takes() {
    let rules = example("alerts/sanping.rules.yml");
    let folder = data();
    let served = serve(folder.path(), &[]);
    let (status, shown) = served.api.get("/metrics", &[]).await.unwrap();
    assert_eq!(status, 200);
    let (named, shown) = (metrics(&rules), metrics(&shown));
    assert!(named.len() >= 8 && named.is_subset(&shown), "{:?}", named.difference(&shown).collect::<Vec<_>>());
    served.program.stop();
    let alerts = rules.matches("- alert: ").count();
    for part in ["summary: ", "summary_zh: ", "todo: ", "severity: "] {
        assert_eq!(rules.matches(part).count(), alerts, "each alert has {part}");
    }
    let promtool = tool("promtool");
    let folder = root().join("examples/alerts");
    let said = well(Command::new(&promtool).args(["check", "rules", "sanping.rules.yml"]).current_dir(&folder));
    assert!(said.contains(&format!("{alerts} rules found")), "{said}");
    well(Command::new(&promtool).args(["test", "rules", "sanping.tests.yml"]).current_dir(&folder));
}

/// A proxy. It ends with this value.
struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ended =
            Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().and_then(|_| self.0.wait());
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// nginx with the example's server, on a port of loopback, before a program.
fn nginx(folder: &Path, program: &str) -> (Proxy, u16) {
    let (port, own) = (free_port(), folder.display());
    let certificate = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=sanping.example"];
    let openssl = Command::new(tool("openssl"))
        .args(certificate)
        .arg("-keyout")
        .arg(folder.join("privkey.pem"))
        .arg("-out")
        .arg(folder.join("fullchain.pem"))
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(openssl.success());
    let server = example("service/nginx.conf")
        .replace("listen 443 ssl;", &format!("listen 127.0.0.1:{port} ssl;"))
        .replace("    listen [::]:443 ssl;\n", "")
        .replace("/etc/ssl/sanping", folder.to_str().unwrap())
        .replace("http://127.0.0.1:8080", program);
    let temporary =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|of| format!("{of}_temp_path {own}/{of};")).join(" ");
    let whole = format!(
        "daemon off; pid {own}/nginx.pid; error_log {own}/error.log;\nevents {{}}\nhttp {{ access_log off; {temporary}\n{server}}}\n"
    );
    fs::write(folder.join("nginx.conf"), whole).unwrap();
    let mut command = Command::new(tool("nginx"));
    command.arg("-e").arg(folder.join("error.log")).arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf"));
    well(Command::new(command.get_program()).args(command.get_args()).arg("-t"));
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    (Proxy(child), port)
}

/// The status that curl is answered with, from an address of this machine's.
fn status(from: &str, url: &str, more: &[&str]) -> String {
    let query = r#"{"query":"{ log { position } }"}"#;
    let asked = [
        "--silent",
        "--insecure",
        "--output",
        "/dev/null",
        "--write-out",
        "%{http_code}",
        "--max-time",
        "5",
        "--interface",
        from,
    ];
    let output = Command::new("curl")
        .args(asked)
        .args(more)
        .args(["--header", "content-type: application/json"])
        .args(["--data", query, url])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_proxy_each_sender_is_counted_and_what_strangers_say_of_addresses_is_not_believed() {
    let (folder, files) = (data(), data());
    let told = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--trusted-proxy",
        "127.0.0.1",
        "--requests-per-second",
        "1",
        "--requests-at-once",
        "1",
    ];
    let program = Running::start(folder.path(), &told);
    let direct = program.until_said("serving on ").rsplit(' ').next().unwrap().to_owned();
    let (_proxy, port) = nginx(files.path(), &direct);
    let through = format!("https://127.0.0.1:{port}/graphql");
    // A second apart is one more; so each is asked about one that has not asked before.
    until("the proxy", Duration::from_secs(20), async || (status("127.0.0.9", &through, &[]) == "200").then_some(()))
        .await;
    let forged = ["--header", "x-forwarded-for: 192.0.2.77"];
    let pair = |from: &str, url: &str, more: &[&str]| [status(from, url, more), status(from, url, more)];
    assert_eq!(pair("127.0.0.2", &through, &[]), ["200", "429"]);
    assert_eq!(pair("127.0.0.3", &through, &forged), ["200", "429"], "the proxy says whom it was asked by");
    assert_eq!(pair("127.0.0.4", &through, &forged), ["200", "429"], "what that one says counts for nothing");
    let direct = format!("{direct}/graphql");
    assert_eq!(pair("127.0.0.5", &direct, &["--header", "x-forwarded-for: 192.0.2.1"]), ["200", "429"]);
    assert_eq!(status("127.0.0.5", &direct, &["--header", "x-forwarded-for: 192.0.2.2"]), "429", "it is no proxy");
    assert_eq!(
        pair("127.0.0.1", &direct, &["--header", "x-forwarded-for: 192.0.2.1"]),
        ["200", "429"],
        "the proxy's word"
    );

    let upgrade = [
        "--include",
        "--http1.1",
        "--request",
        "GET",
        "--header",
        "connection: upgrade",
        "--header",
        "upgrade: websocket",
        "--header",
        "sec-websocket-version: 13",
        "--header",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        "--header",
        "sec-websocket-protocol: graphql-transport-ws",
        "--max-time",
        "2",
    ];
    let socket = Command::new("curl")
        .args(["--silent", "--insecure"])
        .args(upgrade)
        .arg(format!("{through}/ws"))
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&socket.stdout).starts_with("HTTP/1.1 101 "), "{socket:?}");
    assert_eq!(status("127.0.0.6", &through.replace("/graphql", "/metrics"), &[]), "404", "not for strangers");
    program.stop();
}

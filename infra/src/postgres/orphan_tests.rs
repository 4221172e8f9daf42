use super::*;

const DATA: &str = "/nonexistent/data/postgres";

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

fn judged(line: &str, works_in: Option<&str>) -> Occupant {
    by_words(&words(line), works_in.map(Path::new), Path::new(DATA))
}

#[test]
fn a_server_is_ready_when_line_8_says_so_and_line_1_is_its_id() {
    let text = |status: &str| format!("4711\n{DATA}\n1700000000\n5432\n/d/socket\n\n  5432001     65540\n{status}\n");
    let file = PidFile::parse(&text("ready   ")).expect("a whole file");
    assert_eq!(file.shared_memory, Some((5_432_001, 65540)));
    assert!(file.is_ready(4711));
    assert!(!file.is_ready(4712));
    assert!(!PidFile::parse(&text("starting")).expect("a whole file").is_ready(4711));
    assert!(!PidFile::parse("4711\n").expect("a whole file").is_ready(4711));
    assert_eq!(PidFile::parse(""), None);
    assert_eq!(PidFile::parse("-12\n").expect("a whole file").pid, 12);
}

#[test]
fn a_server_is_known_by_its_program_and_its_folder() {
    let server = format!("/usr/lib/postgresql/15/bin/postgres -D {DATA} -c fsync=on");
    assert_eq!(judged(&server, Some(DATA)), Occupant::Server);
    assert_eq!(judged(&server, None), Occupant::Server);
    assert_eq!(judged("/usr/bin/postgres -D data", Some(DATA)), Occupant::Server);
}

#[test]
fn a_process_that_got_the_id_later_is_a_stranger() {
    assert_eq!(judged("/usr/bin/sleep 1000", None), Occupant::Stranger);
    assert_eq!(judged("/usr/bin/postgres -D /other", None), Occupant::Stranger);
    assert_eq!(judged("/usr/bin/postgres -D data", Some("/other")), Occupant::Stranger);
    assert_eq!(judged("postgres: walwriter ", None), Occupant::Stranger);
    // A process that has ended and was not reaped has no command.
    assert_eq!(judged("", None), Occupant::Nobody);
}

#[test]
fn a_server_of_an_unknown_cluster_is_unclear() {
    assert_eq!(judged("/usr/bin/postgres -D data", None), Occupant::Unclear);
    assert_eq!(judged("postgres", None), Occupant::Unclear);
}

#[test]
fn the_same_is_told_from_a_line_of_ps() {
    let told = |line: &str| by_line(line, Path::new(DATA));
    assert_eq!(told(&format!("/a b/bin/postgres -D {DATA} -c x=y\n")), Occupant::Server);
    assert_eq!(told("/a b/bin/postgres -D /other\n"), Occupant::Unclear);
    assert_eq!(told("/usr/bin/tail -f x\n"), Occupant::Stranger);
    assert_eq!(told(""), Occupant::Nobody);
}

#[test]
fn the_number_attached_is_that_of_the_row_with_key_and_id() {
    let table = "       key      shmid perms       size  cpid  lpid nattch   uid\n   \
                 5432001      65540   600         56  4711  4713      6   101\n";
    assert_eq!(attached_in(table, (5_432_001, 65540)), 6);
    assert_eq!(attached_in(table, (5_432_001, 65541)), 0);
    assert_eq!(attached_in(table, (1, 65540)), 0);
}

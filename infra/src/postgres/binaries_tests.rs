use super::*;

/// A folder with programs that say they are of this version.
fn programs_of(version: &str, dir: &Path) -> PathBuf {
    fs::create_dir_all(dir).expect("a folder");
    // Written by another process: a test beside this one that forks while a program is open for
    // writing here would make it busy.
    let script = "for name in postgres initdb; do \
        printf '#!/bin/sh\\necho \"postgres (PostgreSQL) %s\"\\n' \"$1\" > $name && chmod 755 $name || exit 1; done";
    let written = Command::new("sh").args(["-c", script, "sh", version]).current_dir(dir).status().expect("a shell");
    assert!(written.success());
    dir.to_owned()
}

fn only(dir: &Path) -> Search {
    Search { pg_bin: Some(dir.to_owned()), path: None }
}

#[test]
fn pg_bin_alone_decides_when_it_is_set() {
    let root = tempfile::tempdir().expect("a folder");
    let dir = programs_of("17.2 (Debian 17.2-1)", &root.path().join("mine"));
    let found = Binaries::find(&only(&dir), root.path()).expect("programs that fit");
    assert_eq!((found.dir(), found.major(), found.version()), (&*dir, 17, "17.2 (Debian 17.2-1)"));

    let error = Binaries::find(&only(root.path()), root.path()).expect_err("a refusal");
    assert!(matches!(error, PostgresError::NotABinDir { .. }), "{error}");
}

#[test]
fn a_version_before_15_is_refused_and_a_newer_one_than_known_is_not() {
    let root = tempfile::tempdir().expect("a folder");
    let old = programs_of("14.9", &root.path().join("old"));
    let error = Binaries::find(&only(&old), root.path()).expect_err("a refusal");
    assert!(matches!(error, PostgresError::TooOld { major: 14, .. }), "{error}");

    let new = programs_of("19beta1", &root.path().join("new"));
    assert_eq!(Binaries::find(&only(&new), root.path()).expect("programs that fit").major(), 19);
}

#[test]
fn a_program_that_says_no_version_is_named() {
    let root = tempfile::tempdir().expect("a folder");
    let dir = programs_of("", &root.path().join("odd"));
    let error = Binaries::find(&only(&dir), root.path()).expect_err("a refusal");
    assert!(error.to_string().contains("odd/postgres"), "{error}");
}

#[test]
fn the_path_comes_first_then_the_highest_version() {
    let root = tempfile::tempdir().expect("a folder");
    let at = |place: &str| root.path().join(place);
    let by_path = programs_of("16.1", &at("somewhere"));
    let nine = programs_of("9.6", &at("usr/lib/postgresql/9.6/bin"));
    let fifteen = programs_of("15.1", &at("usr/lib/postgresql/15/bin"));
    let eighteen = programs_of("18.1", &at("usr/pgsql-18/bin"));
    let seventeen = programs_of("17.1", &at("usr/lib/postgresql/17/bin"));
    let search = Search { pg_bin: None, path: Some(format!("/none:{}", by_path.display()).into()) };
    assert_eq!(places(&search, root.path()), [by_path, seventeen, fifteen, nine, eighteen]);
}

#[test]
fn a_cluster_is_served_by_the_version_that_made_it() {
    let of = |major: u32| Binaries { dir: PathBuf::from("/x"), major, version: major.to_string() };
    let found = || vec![of(18), of(17), of(15)];
    assert_eq!(choose(found(), None).expect("programs that fit").major(), 18);
    assert_eq!(choose(found(), Some(15)).expect("programs that fit").major(), 15);
    assert_eq!(choose(found(), Some(16)).expect("programs that fit").major(), 18);
}

#[test]
fn without_a_server_it_says_how_to_get_one() {
    let said = choose(Vec::new(), None).expect_err("a refusal").to_string();
    for word in ["apt-get install postgresql", "brew install", "PG_BIN", "DATABASE_URL"] {
        assert!(said.contains(word), "{said}");
    }
    assert_eq!(said.lines().count(), 1);
}

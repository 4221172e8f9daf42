use super::*;

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\n\
    ana:x:1000:1000::/home/ana:/bin/sh\n\
    postgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash\n\
    nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n";

fn name_for(passwd: &str, owner: Option<u32>) -> Option<String> {
    account_for(passwd, owner).map(|account| account.name)
}

#[test]
fn root_gives_the_server_to_postgres_or_else_to_nobody() {
    assert_eq!(name_for(PASSWD, None).as_deref(), Some("postgres"));
    let without = PASSWD.replace("postgres:x", "other:x");
    assert_eq!(name_for(&without, None).as_deref(), Some("nobody"));
    assert_eq!(name_for("root:x:0:0::/:/bin/sh\n", None), None);
}

#[test]
fn the_owner_of_a_cluster_keeps_it_unless_it_is_root() {
    assert_eq!(name_for(PASSWD, Some(1000)).as_deref(), Some("ana"));
    assert_eq!(name_for(PASSWD, Some(0)).as_deref(), Some("postgres"));
    assert_eq!(name_for(PASSWD, Some(4242)).as_deref(), Some("postgres"));
}

#[test]
fn the_search_bit_of_the_nearest_class_decides() {
    let account = account_for(PASSWD, None).expect("postgres");
    assert!(may_enter(&account, 101, 0, 0o700));
    assert!(!may_enter(&account, 101, 0, 0o077));
    assert!(may_enter(&account, 0, 104, 0o710));
    assert!(!may_enter(&account, 0, 104, 0o701));
    assert!(may_enter(&account, 0, 0, 0o711));
    assert!(!may_enter(&account, 0, 0, 0o700));
}

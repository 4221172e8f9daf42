//! What was recorded stays, and free text stays closed: grants, triggers, salts, keys, and bad input at the door.

use std::sync::Arc;
use std::time::Duration;

use domain::branch::BranchCommand;
use domain::event::Event;
use domain::id::{ActorId, BranchId, MemberId, RoundId};
use domain::member::MemberCommand;
use domain::person::Person;
use domain::round::{Preset, RoundCommand, RoundEvent};
use domain::stream::Position;
use domain::text::{Sealed, Title};
use domain::world::Command;
use futures_util::StreamExt;
use graphql::ports::{Asker, Look, SendError};
use harness::assembly::Assembly;
use harness::audit::{audit, head, recorded};
use harness::crowd::{accepted, enrol, organisation, send, suspend};
use harness::feed::Feed;
use harness::ground::Ground;
use harness::server::Server;
use harness::speak::{DAY, office, register};
use harness::wait::until;
use infra::app::App;
use infra::auth::SignIn;
use infra::clock::Clock;
use infra::keys::{Keyring, MasterKey};
use infra::migrate::{self, UnfitError};
use projections::rounds::RoundRow;
use projections::select::Select;
use projections::words::SubjectKind;
use sqlx::{PgPool, Row};
use uuid::Uuid;

/// The most people a round has.
const MOST: usize = 2_000;

/// The SQLSTATE a statement ends with.
async fn state(pool: &PgPool, statement: &str) -> String {
    match sqlx::raw_sql(statement).execute(pool).await {
        Ok(_) => "00000".to_owned(),
        Err(sqlx::Error::Database(error)) => error.code().unwrap_or_default().into_owned(),
        Err(error) => panic!("{statement}: {error}"),
    }
}

/// One event, one outcome, and the two roles that could do harm.
async fn written() -> (Ground, PgPool, PgPool) {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    organisation(&app, 1).await;
    app.reads.record(&[a_look()]).await.unwrap();
    app.stop().await;
    let (serving, owner) = (ground.pool().await, ground.owner().await);
    let skip = "insert into projection_skips (projection, position, event_type, cause, reason, decided_by, decided_at) \
                values ('members', 1, 'a', 'b', 'c', 'd', now()); \
                insert into verifications (id, projection, version, position, rows, digest, differing, at) \
                values (gen_random_uuid(), 'members', 1, 1, 1, 'e', 1, now()); \
                insert into api_keys (id, principal, secret_sha256, created_at, expires_at, revoked_at) \
                values ('00000000', 'f', sha256(''), now(), now() + interval '1 day', null), \
                ('00000001', 'f', sha256(''), now(), now() + interval '1 day', now())";
    assert_eq!(state(&serving, skip).await, "00000");
    (ground, serving, owner)
}

fn a_look() -> Look {
    let (viewer, position) = (ActorId("office".to_owned()), Position(1));
    let (kind, subjects) = (Some(SubjectKind::Round), vec![Uuid::from_u128(7)]);
    Look { viewer, what: "proposal", kind, subjects, position, denied: false, why: None }
}

async fn contents(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select e::text from events e union all select c::text from commands c union all select h::text from log_head h \
         union all select r::text from reads r union all select e::text from reads_head e union all select s::text from projection_skips s union all select v::text from verifications v \
         union all select o::text from log_origins o union all select k::text from api_keys k",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

const CHANGES: [&str; 27] = [
    "update events set metadata = '{}' where position = 1",
    "delete from events where position = 1",
    "truncate events",
    "update commands set position = 1",
    "delete from commands",
    "truncate commands",
    "delete from log_head",
    "truncate log_head",
    "update reads set viewer = 'nobody'",
    "delete from reads",
    "truncate reads",
    "delete from reads_head",
    "truncate reads_head",
    "update projection_skips set reason = 'none'",
    "delete from projection_skips",
    "truncate projection_skips",
    "update verifications set differing = 0",
    "delete from verifications",
    "truncate verifications",
    "update log_origins set reason = 'none'",
    "delete from log_origins",
    "truncate log_origins",
    "update api_keys set principal = 'nobody'",
    "update api_keys set expires_at = expires_at + interval '1 day', revoked_at = now()",
    "update api_keys set secret_sha256 = sha256('other')",
    "delete from api_keys",
    "truncate api_keys",
];

#[tokio::test]
async fn the_serving_role_is_not_granted_to_change_what_was_recorded() {
    let (_ground, serving, _) = written().await;
    let before = contents(&serving).await;
    // PostgreSQL answers with a warning only; the changes below show that nothing was granted.
    assert_eq!(
        state(&serving, "grant all on events, commands, log_head, reads, reads_head to sanping_app").await,
        "00000"
    );
    let more = [
        "insert into log_head (one, origin, position, recorded_at) values (false, gen_random_uuid(), 0, now())",
        "update log_head set origin = gen_random_uuid()",
        "insert into log_origins select 99, origin, 0, now(), null, null, 'none', 'nobody' from log_head",
        "drop trigger events_stay on events",
        "alter table events disable trigger all",
        "alter table commands disable trigger all",
        "alter table log_head disable trigger all",
        "drop table events",
        "create or replace function refuse_change() returns trigger language plpgsql as 'begin return null; end'",
        "drop function refuse_change() cascade",
        "create trigger swallow before insert on events for each row execute function refuse_change()",
        "create rule swallow as on insert to events do instead nothing",
        "set session_replication_role = replica",
    ];
    for statement in CHANGES.iter().chain(&more) {
        assert_eq!(state(&serving, statement).await, "42501", "{statement}");
    }
    assert_eq!(contents(&serving).await, before);
}

#[tokio::test]
async fn even_the_owner_is_stopped_by_triggers() {
    let (_ground, serving, owner) = written().await;
    let before = contents(&serving).await;
    let back = [
        "update log_head set position = position - 1",
        "update log_head set recorded_at = recorded_at - interval '1 microsecond'",
        "update reads_head set number = number - 1",
        "update reads_head set number = number + 1, at = at - interval '1 microsecond'",
        "update api_keys set revoked_at = null where revoked_at is not null",
        "update api_keys set revoked_at = now() where revoked_at is not null",
    ];
    for statement in CHANGES.iter().chain(&back) {
        assert_eq!(state(&owner, statement).await, "23001", "{statement}");
    }
    for statement in back {
        assert_eq!(state(&serving, statement).await, "23001", "{statement}, which the serving role is granted");
    }
    let second = "insert into log_head (one, origin, position, recorded_at) values (true, gen_random_uuid(), 9, now())";
    assert_eq!(state(&owner, second).await, "23505", "there is one head");
    let unsalted = "insert into events select aggregate_type, aggregate_id, 99, event_type, event_version, payload, \
                    metadata, 99, event_id, recorded_at, '' from events where position = 1";
    assert_eq!(state(&serving, unsalted).await, "23514", "an event without its salt is no event");
    assert_eq!(contents(&serving).await, before);
}

#[tokio::test]
async fn the_owner_does_not_serve_unless_told_to() {
    let (ground, ..) = written().await;
    let endpoints = &ground.endpoints;
    assert!(migrate::check(&endpoints.app, false).await.is_ok());
    assert!(matches!(migrate::check(&endpoints.owner, false).await, Err(UnfitError::OwnerServes { .. })));
    let owner = ground.owner().await;
    let revoked = "revoke update, delete, truncate, trigger on events from sanping_owner";
    assert_eq!(state(&owner, revoked).await, "00000");
    let owns = migrate::check(&endpoints.owner, false).await;
    assert!(matches!(owns, Err(UnfitError::OwnerServes { .. })), "an owner can grant itself anything: {owns:?}");
    assert!(migrate::check(&endpoints.owner, true).await.is_ok());
}

#[tokio::test]
async fn a_role_that_may_become_the_owner_does_not_serve_either() {
    let ground = Ground::fresh().await;
    let database = ground.endpoints.owner.get_database().unwrap().to_owned();
    let role = format!("borrower_of_{database}");
    // Only the cluster's own superuser makes roles.
    let bootstrap = PgPool::connect_with(ground.endpoints.owner.clone().username("sanping_bootstrap")).await.unwrap();
    let made = format!(
        "drop role if exists {role}; create role {role} login noinherit; grant sanping_owner to {role}; \
         grant connect on database {database} to {role}; grant select on _sqlx_migrations, log_origins, log_head to {role}"
    );
    assert_eq!(state(&bootstrap, &made).await, "00000");
    let borrower = ground.endpoints.app.clone().username(&role);
    let unfit = migrate::check(&borrower, false).await;
    assert!(matches!(&unfit, Err(UnfitError::OwnerServes { role: said }) if *said == role), "{unfit:?}");
    assert_eq!(state(&bootstrap, &format!("revoke sanping_owner from {role}")).await, "00000");
    assert!(migrate::check(&borrower, false).await.is_ok(), "it was the membership");
    let gone = format!("drop owned by {role}; drop role {role}");
    assert_eq!(state(&bootstrap, &gone).await, "00000");
}

#[tokio::test]
async fn no_connection_compiles_its_queries_or_waits_without_end() {
    let ground = Ground::fresh().await;
    let guarded = sqlx::PgPool::connect_with(infra::app::guarded(&ground.endpoints.app)).await.unwrap();
    let app = ground.app().await;
    let sql = "select name, setting from pg_settings where source = 'client' and name = any($1) order by name";
    let names = ["enable_seqscan", "idle_in_transaction_session_timeout", "jit", "lock_timeout", "statement_timeout"];
    for pool in [&guarded, &app.pool] {
        let set: Vec<(String, String)> = sqlx::query_as(sql).bind(&names[..]).fetch_all(pool).await.unwrap();
        let set: Vec<_> = set.iter().map(|(name, setting)| (name.as_str(), setting.as_str())).collect();
        let expected: Vec<_> = names.into_iter().zip(["off", "5000", "off", "10000", "60000"]).collect();
        assert_eq!(set, expected);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_function_the_serving_role_makes_is_not_called_by_the_owner() {
    let (ground, serving, _) = written().await;
    let trap = |of: &str| {
        format!(
            "create function quote_ident({of}) returns text language plpgsql as \
             $$ begin execute 'grant all on events to sanping_app'; return 'public'; end $$"
        )
    };
    for of in ["name", "text", "varchar"] {
        assert_eq!(state(&serving, &trap(of)).await, "00000");
    }
    migrate::run(&ground.endpoints.owner, "sanping_app").await.unwrap();
    assert_eq!(state(&serving, "delete from events").await, "42501");
}

#[tokio::test]
async fn the_serving_role_is_granted_no_more_than_it_uses() {
    let (ground, serving, owner) = written().await;
    let earlier = "grant update on log_head to sanping_app; grant delete on people, subject_keys to sanping_app";
    assert_eq!(state(&owner, earlier).await, "00000");
    migrate::run(&ground.endpoints.owner, "sanping_app").await.unwrap();
    for statement in ["update log_head set origin = origin", "delete from people", "delete from subject_keys"] {
        assert_eq!(state(&serving, statement).await, "42501", "{statement}");
    }
}

#[tokio::test]
async fn an_operator_of_the_callers_opens_no_trigger() {
    let (_ground, serving, _) = written().await;
    let before = contents(&serving).await;
    let never = "create function never(bigint, bigint) returns boolean immutable language sql as 'select false'; \
                 create operator public.< (leftarg = bigint, rightarg = bigint, function = never)";
    assert_eq!(state(&serving, never).await, "00000");
    let back = "set search_path = public, pg_catalog; update log_head set position = position - 1";
    assert_eq!(state(&serving, back).await, "23001");
    assert_eq!(contents(&serving).await, before);
}

#[tokio::test]
async fn the_functions_of_the_triggers_have_a_search_path_of_their_own_and_so_has_the_append() {
    let owner = Ground::fresh().await.owner().await;
    let sql = "select proname::text, array_to_string(proconfig, ';') from pg_proc \
               where pronamespace = current_schema()::regnamespace order by proname";
    let functions: Vec<(String, Option<String>)> = sqlx::query_as(sql).fetch_all(&owner).await.unwrap();
    let expected = [
        ("append_batch", "search_path=pg_catalog, public, pg_temp"),
        ("append_under", "search_path=pg_catalog, public, pg_temp;plan_cache_mode=force_generic_plan"),
        ("refuse_change", "search_path=pg_catalog, pg_temp"),
        ("refuse_reads_step_back", "search_path=pg_catalog, pg_temp"),
        ("refuse_step_back", "search_path=pg_catalog, pg_temp"),
    ];
    let expected = expected.map(|(name, path)| (name.to_owned(), Some(path.to_owned())));
    assert_eq!(functions, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_looks_at_projections_and_makes_none() {
    let (ground, owner) = (Ground::fresh().await, harness::program::data());
    let (socket, database) = harness::writer::address(&ground.endpoints.owner);
    let url = format!("postgres://sanping_owner@localhost/{database}?host={}&port=5432", socket.display());
    let run = |arguments: &[&str]| {
        harness::program::run(owner.path(), &[&["--database-url", url.as_str()], arguments].concat())
    };
    for writes in [&["report", "2022"][..], &["demo", "--load-only"], &["projections", "rebuild", "--all"]] {
        let refused = run(writes);
        let told = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(1) && told.contains("--allow-owner"), "{writes:?}: {told}");
    }
    let status = run(&["projections", "status"]);
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    let verified = run(&["projections", "verify"]);
    assert!(String::from_utf8_lossy(&verified.stderr).contains("has no rows yet"));
    let made: i64 =
        sqlx::query_scalar("select count(*) from projections").fetch_one(&ground.owner().await).await.unwrap();
    assert_eq!(made, 0);
}

/// Every value of every column of the database that can hold a text, with its table.
async fn every_text(pool: &PgPool) -> Vec<(String, String)> {
    let columns = sqlx::query(
        "select c.relname::text, a.attname::text from pg_class c join pg_attribute a on a.attrelid = c.oid \
         where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut texts = Vec::new();
    for column in columns {
        let (table, column): (String, String) = (column.get(0), column.get(1));
        let sql = format!(
            "select convert_from(convert_to(\"{column}\"::text, 'UTF8'), 'UTF8') from \"{table}\" where \"{column}\" is not null"
        );
        let values: Vec<String> = sqlx::query_scalar(&sql).fetch_all(pool).await.unwrap();
        texts.extend(values.into_iter().map(|value| (table.clone(), value)));
    }
    texts
}

/// The tables where a text is found, as it is or in the hexadecimal of a byte column.
fn found_in<'t>(texts: &'t [(String, String)], wanted: &str) -> Vec<&'t str> {
    let hex: String = wanted.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut tables: Vec<&str> = texts
        .iter()
        .filter(|(_, value)| value.contains(wanted) || value.contains(&hex))
        .map(|(table, _)| table.as_str())
        .collect();
    tables.sort_unstable();
    tables.dedup();
    tables
}

#[tokio::test]
async fn a_free_text_and_a_name_stand_nowhere_but_where_they_may() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let member = MemberId(app.commands.mint(&office("m"), "member"));
    let named = Person::new("S1", "奇异果·Marker", Some("phone-marker")).unwrap();
    app.commands.send(&office("m"), register(member, branch), Some(named)).await.unwrap();
    let (asker, plain) = (office("s"), "free-text-marker 自由文本");
    let reason = app.commands.seal(&asker, member.0, "reason", plain).await.unwrap();
    let command = Command::Member(member, MemberCommand::Suspend { on: DAY, reason: reason.clone() });
    let position = app.commands.send(&asker, command, None).await.unwrap().position;
    app.reads.pin(None, Some(position)).await.unwrap();

    let texts = every_text(&app.pool).await;
    assert_eq!(found_in(&texts, "奇异果"), ["people"]);
    assert_eq!(found_in(&texts, "Marker"), ["people"]);
    assert_eq!(found_in(&texts, "phone-marker"), ["people"]);
    assert!(found_in(&texts, &reason.0).contains(&"events"), "the search does look at events");
    for part in [plain, "free-text-marker", "自由文本"] {
        assert_eq!(found_in(&texts, part), Vec::<&str>::new(), "{part}");
    }
    assert_eq!(app.reads.open(&[reason]).await.unwrap(), [Some(plain.to_owned())]);
    app.stop().await;
}

#[tokio::test]
async fn sealing_again_gives_the_same_bytes_and_anything_else_gives_others() {
    let ground = Ground::fresh().await;
    let (app, other) = (ground.app().await, ground.app().await);
    let subject = MemberId(app.commands.mint(&office("a"), "member")).0;
    let seal = async |app: &App, id: &str, label: &str, text: &str| {
        app.commands.seal(&office(id), subject, label, text).await.unwrap().0
    };
    let first = seal(&app, "a", "reason", "一样").await;
    assert_eq!(seal(&other, "a", "reason", "一样").await, first, "in every program");
    let others =
        [seal(&app, "b", "reason", "一样"), seal(&app, "a", "note", "一样"), seal(&app, "a", "reason", "不一样")];
    for other in futures_util::future::join_all(others).await {
        assert_ne!(other, first);
    }
    let again = app.commands.seal(&office("a"), uuid::Uuid::from_u128(7), "reason", "一样").await.unwrap();
    assert_ne!(again.0, first, "another subject");
    app.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_master_key_opens_nothing_and_a_stored_key_is_not_the_key() {
    let ground = Ground::fresh().await;
    let pool = ground.pool().await;
    let (ring, same) = (Keyring::new(ground.key.clone(), pool.clone()), Keyring::new(ground.key.clone(), pool.clone()));
    let subject = [uuid::Uuid::from_u128(1)];
    let (one, two) = tokio::join!(ring.seal(&subject, &[b"1"], "秘密"), same.seal(&subject, &[b"2"], "秘密"));
    let (one, two) = (one.unwrap().remove(0), two.unwrap().remove(0));
    for sealed in [&one, &two] {
        assert_eq!(ring.open(sealed).await.unwrap().as_deref(), Some("秘密"), "two at once made one key");
        assert_eq!(same.open(sealed).await.unwrap().as_deref(), Some("秘密"));
    }
    let stranger = Keyring::new(MasterKey::generate(), pool.clone());
    assert!(stranger.open(&one).await.is_err(), "another master key");
    let wrapped: Vec<u8> = sqlx::query_scalar("select wrapped from subject_keys where subject = $1")
        .bind(subject[0])
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(wrapped.len(), 24 + 32 + 16, "nonce, key and tag: the key is encrypted");
    sqlx::query("insert into subject_keys (subject, wrapped) values ($1, $2)")
        .bind(uuid::Uuid::from_u128(2))
        .bind(&wrapped)
        .execute(&pool)
        .await
        .unwrap();
    let moved = Sealed(one.0.replace(&subject[0].simple().to_string(), &uuid::Uuid::from_u128(2).simple().to_string()));
    assert!(ring.open(&moved).await.is_err(), "a wrapped key is of its subject alone");
    let mut changed = one.0.clone();
    changed.replace_range(changed.len() - 1.., if changed.ends_with('A') { "B" } else { "A" });
    for not_sealed in [changed.as_str(), "", "v1", "v1.x.y", "v2.a.b", "v1.00000000000000000000000000000001.AAAA"] {
        assert_eq!(ring.open(&Sealed(not_sealed.to_owned())).await.unwrap(), None, "{not_sealed:?}");
    }
    sqlx::query("delete from subject_keys").execute(&ground.owner().await).await.unwrap();
    let late = Keyring::new(ground.key.clone(), pool);
    assert_eq!(late.open(&one).await.unwrap(), None, "without its key a text is gone");
}

fn code<T: std::fmt::Debug>(answer: Result<T, SendError>) -> &'static str {
    match answer {
        Err(SendError::Refused(refusal)) => refusal.code(),
        answer => panic!("not a refusal: {answer:?}"),
    }
}

#[tokio::test]
async fn texts_that_would_break_a_later_read_are_refused_at_the_door() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let controls = ["\u{202e}rtl", "a\u{0}b", "\u{0}", "a\u{1}", "\u{7f}", "x\u{85}x", "\u{1b}[31m"];
    for text in controls {
        let sealed = app.commands.seal(&office("c"), uuid::Uuid::nil(), "reason", text).await;
        assert_eq!(code(sealed), "text.control_character", "{text:?}");
        assert_eq!(Title::new("name", text).unwrap_err().code(), "text.control_character", "{text:?}");
        assert_eq!(Person::new("1", text, None).unwrap_err().code(), "text.control_character", "{text:?}");
        assert_eq!(Person::new("1", "n", Some(text)).unwrap_err().code(), "text.control_character", "{text:?}");
        assert_eq!(Person::new(text, "n", None).unwrap_err().code(), "person.bad_staff_number", "{text:?}");
    }
    let long = "长".repeat(4_001);
    for (text, expected) in [("", "text.empty"), (" \n ", "text.empty"), (long.as_str(), "text.too_long")] {
        assert_eq!(code(app.commands.seal(&office("c"), uuid::Uuid::nil(), "reason", text).await), expected);
    }
    for text in ["䶮𠮷", "line\nbreak", "👩‍🚒", "שלום rtl", "\\u0000", "'; drop table events; --"] {
        let sealed = app.commands.seal(&office(text.get(..1).unwrap_or("x")), uuid::Uuid::nil(), "reason", text).await;
        assert_eq!(app.reads.open(&[sealed.unwrap()]).await.unwrap(), [Some(text.to_owned())]);
    }
    let kept: i64 = sqlx::query_scalar("select count(*) from commands").fetch_one(&app.pool).await.unwrap();
    assert_eq!(kept, 0);
    app.stop().await;
}

#[tokio::test]
async fn ids_that_are_not_short_printable_ascii_are_refused_by_name() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    organisation(&app, 1).await;
    let end = head(&app).await;
    let ids = ["", "a\u{0}", "ä", "命令", "a\nb", "\t", "\u{202e}a", &"x".repeat(129)];
    for id in ids {
        let command = suspend(MemberId(uuid::Uuid::nil()));
        let askers = [
            Asker { command_id: id.into(), ..office("1") },
            Asker { actor: ActorId(id.into()), ..office("1") },
            Asker { correlation: id.into(), ..office("1") },
        ];
        for asker in askers {
            match app.commands.send(&asker, command.clone(), None).await {
                Err(SendError::Refused(refusal)) => {
                    assert_eq!(refusal.code(), "text.bad_command_id");
                    let given: String = id.chars().take(64).collect();
                    assert_eq!(refusal.facts(), [("given", given)], "the one that is bad");
                }
                answer => panic!("{asker:?}: {answer:?}"),
            }
        }
    }
    assert_eq!(head(&app).await, end);
    let odd = ["'", "\\", "a b", "{\"x\":1}", "%s", "$1", "~", &"x".repeat(128)];
    for (number, id) in odd.into_iter().enumerate() {
        enrol(&app, &format!("odd-{number}"), BranchId::root()).await.unwrap();
        let member = MemberId(app.commands.mint(&office(&format!("odd-{number}")), "member"));
        accepted(&app, id, suspend(member)).await;
        assert!(send(&app, id, suspend(member)).await.unwrap().replayed, "{id} is kept as it is");
    }
    let all: Vec<String> = sqlx::query_scalar("select command_id from commands").fetch_all(&app.pool).await.unwrap();
    let acknowledged = recorded(&app.pool, &all).await;
    audit(&app.pool, &acknowledged).await;
    app.stop().await;
}

#[tokio::test]
async fn numbers_beyond_any_sense_are_refused_and_leave_nothing() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let (member, enrolled) = enrol(&app, "m", branch).await.unwrap();
    let service = |minutes| MemberCommand::RecordService {
        service: domain::id::ServiceId(uuid::Uuid::from_u128(u128::from(minutes))),
        on: DAY,
        activity: harness::crowd::text(),
        minutes,
    };
    for minutes in [0, 1_441, u32::MAX] {
        let answer = send(&app, "service", Command::Member(member, service(minutes))).await;
        assert_eq!(code(answer), "service.minutes", "{minutes}");
    }
    let long = "9".repeat(10_000);
    for amount in ["1e400", "NaN", "inf", "--1", "10000000000001", "0.00001", long.as_str(), "１２", ""] {
        assert!(amount.parse::<domain::amount::Amount>().is_err(), "{amount:.20}");
    }
    let negative = harness::crowd::result(member, 4, "-1");
    assert_eq!(code(send(&app, "result", negative).await), "metric.does_not_fit_unit", "a count below zero");
    for on in [jiff::civil::date(1, 1, 1), jiff::civil::date(9999, 12, 31), jiff::civil::date(-9999, 1, 1)] {
        let command = MemberCommand::Suspend { on, reason: harness::crowd::text() };
        let code = code(send(&app, "when", Command::Member(member, command)).await);
        assert!(code.starts_with("time.") || code == "member.before_registration", "{on}: {code}");
    }
    assert_eq!(head(&app).await, enrolled.position);
    app.stop().await;
}

#[tokio::test]
async fn a_text_as_large_as_the_largest_proposal_is_appended_folded_and_read() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    organisation(&app, 1).await;
    let round = RoundId(app.commands.mint(&office("large"), "round"));
    let adopt = BranchCommand::AdoptRules(Box::new(Preset::Default.rules()));
    let (branches, period) = (vec![BranchId::root()], "2022-Q1".parse().unwrap());
    let large = Sealed("x".repeat(96 << 20));
    let asked = [
        Command::Branch(BranchId::root(), adopt),
        Command::Round(round, RoundCommand::Draft { branches, period, rules_version: 1 }),
        Command::Round(round, RoundCommand::ProposeAnnulment { reason: large.clone() }),
    ];
    let mut last = Position(0);
    for (number, command) in asked.into_iter().enumerate() {
        last = app.commands.send(&office(&format!("large-{number}")), command, None).await.unwrap().position;
    }
    until("the fold", Duration::from_secs(120), async || app.reads.pin(None, Some(last)).await.ok()).await;
    let row = app.reads.rows(&Select::<RoundRow>::first(2), last).await.unwrap();
    assert!(row[0].notices.0[0].reason == large);
    let facts = app.reads.facts_after(Position(last.0 - 1), 1).await.unwrap();
    let Event::Round(RoundEvent::AnnulmentProposed { reason, .. }) = &facts[0].event else { panic!("{}", facts.len()) };
    assert!(*reason == large);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_roster_is_appended_folded_and_followed_by_another_program() {
    let clock = Arc::new(Clock::simulated("2022-03-10T04:00:00Z".parse().unwrap()));
    let mut server = Server::over(Ground::fresh().await, Arc::clone(&clock)).await;
    let address = server.open(SignIn::Development).await;
    let writer = server.ground.app_at(clock).await;
    let round = Assembly::drafted(&writer).await;
    let more =
        (round.people.len()..MOST).map(async |number| enrol(&writer, &format!("more-{number}"), round.branch).await);
    let enrolled: Vec<_> = futures_util::stream::iter(more).buffer_unordered(64).collect().await;
    assert!(enrolled.iter().all(Result::is_ok));

    let before = head(&writer).await;
    let mut feed = Feed::open(&address, None).await;
    let trail = format!("subscription {{ auditTrail(after: \"{before}\") {{ position type }} }}");
    let id = feed.subscribe(&trail).await;
    let last = accepted(&writer, "open", round.open("2022-03-11T04:00:00Z".parse().unwrap())).await;
    let mut followed = Vec::new();
    while followed.len() as u64 != last.0 - before.0 {
        let event = feed.next_of(&id).await["auditTrail"].take();
        followed.push((event["position"].as_str().unwrap().to_owned(), event["type"].as_str().unwrap().to_owned()));
    }
    assert!(
        followed
            .iter()
            .map(|(position, _)| position)
            .eq(&((before.0 + 1)..=last.0).map(|at| at.to_string()).collect::<Vec<_>>())
    );
    let (roster, _) = followed.iter().find(|(_, name)| name == "round_roster_fixed").unwrap();
    let roster = Position(roster.parse().unwrap());
    let bytes: i32 = sqlx::query_scalar("select octet_length(payload::text) from events where position = $1")
        .bind(roster.0.cast_signed())
        .fetch_one(&writer.pool)
        .await
        .unwrap();
    assert!(bytes > 300_000, "a notification has 8,000 bytes at most; this event has {bytes}");
    server.app.reads.pin(None, Some(last)).await.unwrap();
    let rounds = server.app.reads.rows(&Select::<RoundRow>::first(2), last).await.unwrap();
    assert_eq!((rounds[0].reviewed, rounds[0].peers), (MOST as i64, MOST as i64));
    drop(feed);
    writer.stop().await;
    server.stop().await;
}

#[tokio::test]
async fn a_schema_that_lacks_a_migration_in_the_middle_is_not_served() {
    let ground = Ground::fresh().await;
    assert!(migrate::check(&ground.endpoints.app, false).await.is_ok());
    let owner = ground.owner().await;
    sqlx::query("delete from _sqlx_migrations where version = 10").execute(&owner).await.unwrap();
    let unfit = migrate::check(&ground.endpoints.app, false).await;
    assert!(matches!(&unfit, Err(UnfitError::Schema { missing }) if missing == &[10]), "{unfit:?}");
}

-- The keys that programs sign in with: of a secret there is only its hash. A key ends by its time, or once and for all when it
-- is revoked, and stays on record: who could sign in, and until when, belongs to who did what.
create table api_keys (
    id            text collate "C" not null,
    principal     text             not null,
    secret_sha256 bytea            not null,
    created_at    timestamptz      not null,
    expires_at    timestamptz      not null,
    revoked_at    timestamptz,
    constraint api_keys_id primary key (id),
    constraint api_keys_hashed check (pg_catalog.octet_length(secret_sha256) operator(pg_catalog.=) 32),
    constraint api_keys_named check (id operator(pg_catalog.~) '^[0-9A-Za-z]{8}$' and principal operator(pg_catalog.<>) ''),
    constraint api_keys_end check (expires_at operator(pg_catalog.>) created_at)
);
create index api_keys_principal on api_keys (principal, created_at);
create trigger api_keys_stay before delete on api_keys for each row execute function refuse_change();
create trigger api_keys_stay_whole before truncate on api_keys for each statement execute function refuse_change();
create trigger api_keys_are_revoked_once before update on api_keys for each row
    when (not (old.revoked_at is null and new.revoked_at is not null
        and old.id operator(pg_catalog.=) new.id
        and old.principal operator(pg_catalog.=) new.principal
        and old.secret_sha256 operator(pg_catalog.=) new.secret_sha256
        and old.created_at operator(pg_catalog.=) new.created_at
        and old.expires_at operator(pg_catalog.=) new.expires_at))
    execute function refuse_change();

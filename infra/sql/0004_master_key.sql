-- Which master key this database was first used with: a keyed hash of a constant, never the key.
create table master_key (
    one         boolean not null default true,
    fingerprint bytea   not null,
    constraint master_key_one primary key (one),
    constraint master_key_single check (one),
    constraint master_key_hashed check (octet_length(fingerprint) = 32)
);

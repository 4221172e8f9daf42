-- The log: one table of events, dense positions in commit order, and what makes a command idempotent.
-- Every name is unqualified: the connection's search_path says which organisation's schema this is.

create table log_head (
    one         boolean     not null default true,
    origin      uuid        not null,
    position    bigint      not null,
    recorded_at timestamptz not null,
    constraint log_head_one primary key (one),
    constraint log_head_single check (one),
    constraint log_head_positive check (position >= 0)
);
insert into log_head (origin, position, recorded_at) values (gen_random_uuid(), 0, '1970-01-01T00:00:00Z');

-- A superset of what postgres-es reads. json, not jsonb: the exact text is what gets hashed.
create table events (
    aggregate_type text        not null,
    aggregate_id   text        not null,
    sequence       bigint      not null,
    event_type     text        not null,
    event_version  text        not null,
    payload        json        not null,
    metadata       json        not null,
    position       bigint      not null,
    event_id       uuid        not null,
    recorded_at    timestamptz not null,
    salt           bytea       not null,
    constraint events_stream primary key (aggregate_type, aggregate_id, sequence),
    constraint events_position unique (position),
    constraint events_sequence_positive check (sequence >= 1),
    constraint events_position_positive check (position >= 1),
    constraint events_salted check (octet_length(salt) = 32)
);
create index events_recorded on events (recorded_at, position);

-- Accepted outcomes, kept for ever: the same id again answers with them.
create table commands (
    principal   text        not null,
    command_id  text        not null,
    body_hash   bytea       not null,
    position    bigint      not null,
    events      integer     not null,
    recorded_at timestamptz not null,
    constraint commands_key primary key (principal, command_id),
    constraint commands_body_hashed check (octet_length(body_hash) = 32)
);

-- The erasable store: the person behind a member. Never copied into events or rows.
create table people (
    member       uuid not null,
    staff_number text not null,
    name         text not null,
    contact      text,
    constraint people_member primary key (member),
    constraint people_staff_number unique (staff_number)
);

-- The key of each subject's free texts, wrapped by a key outside the database.
create table subject_keys (
    subject uuid  not null,
    wrapped bytea not null,
    constraint subject_keys_subject primary key (subject)
);

-- The second wall; the first is that the application's role is not granted these.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% of % is refused: what was recorded stays', tg_op, tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger events_stay before update or delete on events for each row execute function refuse_change();
create trigger events_stay_whole before truncate on events for each statement execute function refuse_change();
create trigger commands_stay before update or delete on commands for each row execute function refuse_change();
create trigger commands_stay_whole before truncate on commands for each statement execute function refuse_change();
create trigger log_head_stays before delete on log_head for each row execute function refuse_change();
create trigger log_head_stays_whole before truncate on log_head for each statement execute function refuse_change();

create function refuse_step_back() returns trigger language plpgsql as $$
begin
    if new.position < old.position or new.recorded_at < old.recorded_at then
        raise exception 'the head of the log never goes back' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger log_head_forward before update on log_head for each row execute function refuse_step_back();

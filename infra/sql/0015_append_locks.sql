-- The function of 0014. The head row is locked where it was rewritten to be taken, which called its trigger a second time.
-- What is recorded is the same.
create or replace function append_under(
    moment timestamptz,
    read_kinds text[], read_ids text[], read_versions bigint[],
    principals text[], command_ids text[], bodies bytea[], offsets bigint[], counts integer[],
    kinds text[], ids text[], sequences bigint[], types text[], payloads text[], metadata text[],
    event_ids uuid[], salts bytea[], under uuid
) returns bigint language plpgsql as $$
declare
    head bigint;
    recorded timestamptz;
    now_under uuid;
begin
    select h.position, greatest(h.recorded_at, moment), h.origin into head, recorded, now_under
        from log_head h for no key update;
    -- Scalar sub-selects: whatever the statistics say, each is looked up by its key.
    if head is null or now_under <> under
        or exists (
            select from unnest(read_kinds, read_ids, read_versions) as r(kind, id, version)
            where r.version <> coalesce((select e.sequence from events e where e.aggregate_type = r.kind
                and e.aggregate_id = r.id order by e.sequence desc limit 1), 0))
        or exists (
            select from unnest(principals, command_ids) as k(principal, command_id)
            where (select c.position from commands c where c.principal = k.principal
                and c.command_id = k.command_id) is not null)
    then
        -- Nothing was recorded, so nobody waits for the disk.
        perform set_config('synchronous_commit', 'off', true);
        return null;
    end if;
    insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, position,
            event_id, recorded_at, salt)
        select w.kind, w.id, w.sequence, w.type, '1', w.payload::json, w.metadata::json, head + w.place, w.event_id,
            recorded, w.salt
        from log_head cross join unnest(kinds, ids, sequences, types, payloads, metadata, event_ids, salts)
            with ordinality as w(kind, id, sequence, type, payload, metadata, event_id, salt, place);
    insert into commands (principal, command_id, body_hash, position, events, recorded_at)
        select c.principal, c.command_id, c.body, head + c.offset_, c.events, recorded
        from log_head cross join unnest(principals, command_ids, bodies, offsets, counts)
            as c(principal, command_id, body, offset_, events)
        where c.offset_ is not null;
    update log_head set position = head + cardinality(kinds), recorded_at = recorded;
    return head;
end $$;
-- What a caller's search_path holds is not looked at; the tables are those of this schema.
do $$
begin
    execute pg_catalog.format('alter function append_under set search_path to pg_catalog, %I, pg_temp',
        pg_catalog.current_schema());
end $$;

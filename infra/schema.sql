CREATE FUNCTION public.append_batch(moment timestamp with time zone, read_kinds text[], read_ids text[], read_versions bigint[], principals text[], command_ids text[], bodies bytea[], offsets bigint[], counts integer[], kinds text[], ids text[], sequences bigint[], types text[], payloads text[], metadata text[], event_ids uuid[], salts bytea[]) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    head bigint;
    recorded timestamptz;
begin
    update log_head set position = position
        returning log_head.position, greatest(log_head.recorded_at, moment) into head, recorded;
    -- Scalar sub-selects: whatever the statistics say, each is looked up by its key.
    if head is null
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
CREATE FUNCTION public.append_under(moment timestamp with time zone, read_kinds text[], read_ids text[], read_versions bigint[], principals text[], command_ids text[], bodies bytea[], offsets bigint[], counts integer[], kinds text[], ids text[], sequences bigint[], types text[], payloads text[], metadata text[], event_ids uuid[], salts bytea[], under uuid) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    head bigint;
    recorded timestamptz;
    now_under uuid;
begin
    update log_head set position = position
        returning log_head.position, greatest(log_head.recorded_at, moment), log_head.origin into head, recorded, now_under;
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
CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    raise exception '% of % is refused: what was recorded stays', tg_op, tg_table_name using errcode = 'restrict_violation';
end $$;
CREATE FUNCTION public.refuse_reads_step_back() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if new.number <= old.number or new.at < old.at then
        raise exception 'the end of the records of reads never goes back' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
CREATE FUNCTION public.refuse_step_back() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if new.position < old.position or new.recorded_at < old.recorded_at then
        raise exception 'the head of the log never goes back' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);
CREATE TABLE public.accounts_g1 (
    member uuid NOT NULL,
    account text NOT NULL COLLATE pg_catalog."C",
    linked_by text NOT NULL COLLATE pg_catalog."C",
    linked_at timestamp with time zone NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.api_keys (
    id text NOT NULL COLLATE pg_catalog."C",
    principal text NOT NULL,
    secret_sha256 bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT api_keys_end CHECK ((expires_at > created_at)),
    CONSTRAINT api_keys_hashed CHECK ((octet_length(secret_sha256) = 32)),
    CONSTRAINT api_keys_named CHECK (((id ~ '^[0-9A-Za-z]{8}$'::text) AND (principal <> ''::text)))
);
CREATE TABLE public.appeals_g1 (
    appeal uuid NOT NULL,
    round uuid NOT NULL,
    member uuid NOT NULL,
    filed_at timestamp with time zone NOT NULL,
    text text NOT NULL COLLATE pg_catalog."C",
    answer_until timestamp with time zone NOT NULL,
    overdue boolean NOT NULL,
    upheld boolean,
    answer text COLLATE pg_catalog."C",
    answered_by text COLLATE pg_catalog."C",
    answered_at timestamp with time zone,
    correction bigint,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.attendance_g1 (
    training uuid NOT NULL,
    member uuid NOT NULL,
    held_on date NOT NULL,
    minutes bigint NOT NULL,
    branch uuid NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.audit_trail_g1 (
    subject_kind text NOT NULL COLLATE pg_catalog."C",
    subject uuid NOT NULL,
    "position" bigint NOT NULL,
    event_type text NOT NULL COLLATE pg_catalog."C",
    stream_kind text NOT NULL COLLATE pg_catalog."C",
    stream uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL COLLATE pg_catalog."C",
    command text NOT NULL COLLATE pg_catalog."C",
    correlation text NOT NULL COLLATE pg_catalog."C",
    reason text COLLATE pg_catalog."C",
    is_primary boolean NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='100');
CREATE TABLE public.branches_g1 (
    branch uuid NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    parent uuid,
    name text NOT NULL COLLATE pg_catalog."C",
    standing text NOT NULL COLLATE pg_catalog."C",
    merged_into uuid,
    established_on date NOT NULL,
    ended_on date,
    members bigint NOT NULL,
    outlets_financial bigint NOT NULL,
    stations_delivery bigint NOT NULL,
    contact_points bigint NOT NULL,
    standards_displayed bigint NOT NULL,
    inspections bigint NOT NULL,
    trainings bigint NOT NULL,
    training_minutes bigint NOT NULL,
    attendances bigint NOT NULL,
    theme_days bigint NOT NULL,
    improvements_reported bigint NOT NULL,
    improvements_confirmed bigint NOT NULL,
    subordinates bigint NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.claims_g1 (
    branch uuid NOT NULL,
    period text NOT NULL COLLATE pg_catalog."C",
    round uuid NOT NULL,
    released boolean NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.commands (
    principal text NOT NULL,
    command_id text NOT NULL,
    body_hash bytea NOT NULL,
    "position" bigint NOT NULL,
    events integer NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT commands_body_hashed CHECK ((octet_length(body_hash) = 32))
);
CREATE TABLE public.competitions_g1 (
    competition uuid NOT NULL,
    branch uuid NOT NULL,
    title text NOT NULL COLLATE pg_catalog."C",
    metric text NOT NULL COLLATE pg_catalog."C",
    period text NOT NULL COLLATE pg_catalog."C",
    competitors text NOT NULL COLLATE pg_catalog."C",
    ranked_by text NOT NULL COLLATE pg_catalog."C",
    announced_at bigint NOT NULL,
    concluded_at bigint,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.contact_points_g1 (
    contact_point uuid NOT NULL,
    branch uuid NOT NULL,
    cadre_a uuid NOT NULL,
    cadre_b uuid NOT NULL,
    outlet uuid NOT NULL,
    station uuid NOT NULL,
    standing text NOT NULL COLLATE pg_catalog."C",
    assigned_from date NOT NULL,
    assigned_until date,
    ended_on date,
    visits bigint NOT NULL,
    visited_on date,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.dues_g1 (
    kind text NOT NULL COLLATE pg_catalog."C",
    item uuid NOT NULL,
    subject_kind text NOT NULL COLLATE pg_catalog."C",
    subject uuid NOT NULL,
    due_at timestamp with time zone NOT NULL,
    due_on date,
    noted boolean NOT NULL,
    appeals text NOT NULL COLLATE pg_catalog."C",
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.event_types (
    kind text NOT NULL,
    name text NOT NULL,
    projection text NOT NULL,
    build text NOT NULL,
    seen_at timestamp with time zone NOT NULL
);
CREATE TABLE public.events (
    aggregate_type text NOT NULL,
    aggregate_id text NOT NULL,
    sequence bigint NOT NULL,
    event_type text NOT NULL,
    event_version text NOT NULL,
    payload json NOT NULL,
    metadata json NOT NULL,
    "position" bigint NOT NULL,
    event_id uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    salt bytea NOT NULL,
    CONSTRAINT events_position_positive CHECK (("position" >= 1)),
    CONSTRAINT events_salted CHECK ((octet_length(salt) = 32)),
    CONSTRAINT events_sequence_positive CHECK ((sequence >= 1))
);
CREATE TABLE public.grants_g1 (
    grant_id uuid NOT NULL,
    branch uuid NOT NULL,
    principal text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL COLLATE pg_catalog."C",
    from_date date NOT NULL,
    until_date date,
    standing boolean NOT NULL,
    granted_by text NOT NULL COLLATE pg_catalog."C",
    granted_at timestamp with time zone NOT NULL,
    withdrawn_by text COLLATE pg_catalog."C",
    withdrawn_at timestamp with time zone,
    withdrawn_for text COLLATE pg_catalog."C",
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.jobs (
    name text NOT NULL,
    holder uuid,
    lease_until timestamp with time zone
);
CREATE TABLE public.keyed_subjects (
    subject uuid NOT NULL
);
CREATE TABLE public.leader_reviews_g1 (
    round uuid NOT NULL,
    member uuid NOT NULL,
    reviewer uuid NOT NULL,
    first_given_at timestamp with time zone NOT NULL,
    given_at timestamp with time zone NOT NULL,
    "position" bigint NOT NULL,
    times bigint NOT NULL,
    comment text COLLATE pg_catalog."C",
    released boolean,
    moderation text COLLATE pg_catalog."C",
    moderated_at timestamp with time zone,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.log_head (
    one boolean DEFAULT true NOT NULL,
    origin uuid NOT NULL,
    "position" bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT log_head_positive CHECK (("position" >= 0)),
    CONSTRAINT log_head_single CHECK (one)
);
CREATE TABLE public.log_origins (
    number bigint NOT NULL,
    origin uuid NOT NULL,
    after_position bigint NOT NULL,
    began_at timestamp with time zone NOT NULL,
    system text,
    timeline text,
    reason text NOT NULL,
    decided_by text NOT NULL,
    CONSTRAINT log_origins_positive CHECK (((number >= 1) AND (after_position >= 0))),
    CONSTRAINT log_origins_reasoned CHECK (((reason <> ''::text) AND (decided_by <> ''::text))),
    CONSTRAINT log_origins_whole CHECK (((system IS NULL) = (timeline IS NULL)))
);
CREATE TABLE public.master_key (
    one boolean DEFAULT true NOT NULL,
    fingerprint bytea NOT NULL,
    CONSTRAINT master_key_hashed CHECK ((octet_length(fingerprint) = 32)),
    CONSTRAINT master_key_single CHECK (one)
);
CREATE TABLE public.member_years_g1 (
    year bigint NOT NULL,
    member uuid NOT NULL,
    services bigint NOT NULL,
    service_minutes bigint NOT NULL,
    badge_checks bigint NOT NULL,
    badges_worn bigint NOT NULL,
    trainings bigint NOT NULL,
    training_minutes bigint NOT NULL,
    theme_days bigint NOT NULL,
    contests bigint NOT NULL,
    honours bigint NOT NULL,
    commitments_made bigint NOT NULL,
    commitments_fulfilled bigint NOT NULL,
    commitments_missed bigint NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.member_years_tallies_g1 (
    name text NOT NULL COLLATE pg_catalog."C",
    year bigint NOT NULL,
    value numeric NOT NULL,
    parts bigint NOT NULL,
    at_least bigint NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.members_g1 (
    member uuid NOT NULL,
    branch uuid NOT NULL,
    post text NOT NULL COLLATE pg_catalog."C",
    standing text NOT NULL COLLATE pg_catalog."C",
    probation_until date,
    joined_on date NOT NULL,
    left_on date,
    badge_checks bigint NOT NULL,
    badges_worn bigint NOT NULL,
    services bigint NOT NULL,
    service_minutes bigint NOT NULL,
    plaque uuid,
    plaque_duty text COLLATE pg_catalog."C",
    commitments_made bigint NOT NULL,
    commitments_fulfilled bigint NOT NULL,
    commitments_missed bigint NOT NULL,
    trainings bigint NOT NULL,
    training_minutes bigint NOT NULL,
    theme_days bigint NOT NULL,
    contests bigint NOT NULL,
    honours bigint NOT NULL,
    contact_points bigint NOT NULL,
    merged_into uuid,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.metrics_g1 (
    code text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    unit text NOT NULL COLLATE pg_catalog."C",
    direction text NOT NULL COLLATE pg_catalog."C",
    aggregation text NOT NULL COLLATE pg_catalog."C",
    grain text NOT NULL COLLATE pg_catalog."C",
    subjects text NOT NULL COLLATE pg_catalog."C",
    branch uuid NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.outlets_g1 (
    outlet uuid NOT NULL,
    branch uuid NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    standing text NOT NULL COLLATE pg_catalog."C",
    opened_on date NOT NULL,
    closed_on date,
    standards_displayed bigint NOT NULL,
    inspections bigint NOT NULL,
    inspected_on date,
    sort text COLLATE pg_catalog."C",
    set_in_order text COLLATE pg_catalog."C",
    shine text COLLATE pg_catalog."C",
    standardise text COLLATE pg_catalog."C",
    sustain text COLLATE pg_catalog."C",
    safety text COLLATE pg_catalog."C",
    contact_points bigint NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.paper_counts_g1 (
    round uuid NOT NULL,
    group_of text NOT NULL COLLATE pg_catalog."C",
    attempt bigint NOT NULL,
    member uuid NOT NULL,
    scrutineer uuid NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    "position" bigint NOT NULL,
    times bigint NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.people (
    member uuid NOT NULL,
    staff_number text NOT NULL,
    name text NOT NULL,
    contact text,
    staff_key text GENERATED ALWAYS AS (lower((staff_number COLLATE "C"))) STORED NOT NULL
);
CREATE TABLE public.processes (
    id uuid NOT NULL,
    build text NOT NULL,
    types text[] NOT NULL,
    alive_until timestamp with time zone NOT NULL
);
CREATE TABLE public.projection_builds (
    name text NOT NULL,
    generation bigint NOT NULL,
    version integer NOT NULL,
    checkpoint bigint NOT NULL,
    builder uuid NOT NULL,
    lease_until timestamp with time zone NOT NULL
);
CREATE TABLE public.projection_skips (
    projection text NOT NULL,
    "position" bigint NOT NULL,
    event_type text NOT NULL,
    cause text NOT NULL,
    reason text NOT NULL,
    decided_by text NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT projection_skips_positive CHECK (("position" >= 1)),
    CONSTRAINT projection_skips_reasoned CHECK (((reason <> ''::text) AND (decided_by <> ''::text)))
);
CREATE TABLE public.projection_switches (
    name text NOT NULL,
    generation bigint NOT NULL,
    version integer NOT NULL,
    "position" bigint NOT NULL,
    switched_at timestamp with time zone NOT NULL,
    compared_at bigint,
    differing bigint,
    first text
);
CREATE TABLE public.projections (
    name text NOT NULL,
    version integer NOT NULL,
    generation bigint NOT NULL,
    checkpoint bigint NOT NULL,
    epoch bigint NOT NULL,
    holder uuid,
    lease_until timestamp with time zone,
    stopped_at bigint,
    cause text,
    born bigint DEFAULT 0 NOT NULL,
    lapsed integer DEFAULT 0 NOT NULL,
    tried_at bigint,
    tried_by text,
    tries integer DEFAULT 0 NOT NULL
);
CREATE TABLE public.reads (
    number bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    viewer text NOT NULL COLLATE pg_catalog."C",
    what text NOT NULL COLLATE pg_catalog."C",
    subject_kind text COLLATE pg_catalog."C",
    subjects uuid[] NOT NULL,
    as_of bigint NOT NULL,
    denied bigint,
    purpose text COLLATE pg_catalog."C",
    reference text COLLATE pg_catalog."C",
    hash bytea NOT NULL,
    CONSTRAINT reads_hashed CHECK ((octet_length(hash) = 32)),
    CONSTRAINT reads_named CHECK (((viewer <> ''::text) AND (what <> ''::text))),
    CONSTRAINT reads_numbered CHECK ((number >= 1)),
    CONSTRAINT reads_of_a_kind CHECK (((subject_kind IS NULL) = (subjects = '{}'::uuid[]))),
    CONSTRAINT reads_referred CHECK (((reference IS NULL) OR (purpose IS NOT NULL)))
);
CREATE TABLE public.reads_head (
    one boolean DEFAULT true NOT NULL,
    number bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT reads_head_alone CHECK (one),
    CONSTRAINT reads_head_hashed CHECK ((octet_length(hash) = 32))
);
CREATE TABLE public.records_g1 (
    record uuid NOT NULL,
    subject uuid NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    subject_kind text NOT NULL COLLATE pg_catalog."C",
    branch uuid,
    on_date date NOT NULL,
    due date,
    ended_on date,
    title text COLLATE pg_catalog."C",
    detail text COLLATE pg_catalog."C",
    evidence text COLLATE pg_catalog."C",
    note text COLLATE pg_catalog."C",
    state text COLLATE pg_catalog."C",
    amount bigint,
    team_size bigint,
    team uuid,
    level text COLLATE pg_catalog."C",
    standard text COLLATE pg_catalog."C",
    six_s text COLLATE pg_catalog."C",
    member uuid,
    outlet uuid,
    reported_by text COLLATE pg_catalog."C",
    confirmed_by text COLLATE pg_catalog."C",
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.results_g1 (
    subject_kind text NOT NULL COLLATE pg_catalog."C",
    subject uuid NOT NULL,
    metric text NOT NULL COLLATE pg_catalog."C",
    period text NOT NULL COLLATE pg_catalog."C",
    result uuid,
    value numeric,
    exactness text COLLATE pg_catalog."C",
    plan numeric,
    base numeric,
    corrections bigint NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.round_people_g1 (
    round uuid NOT NULL,
    member uuid NOT NULL,
    branch uuid,
    since date,
    on_probation boolean NOT NULL,
    is_reviewed boolean NOT NULL,
    is_leader boolean NOT NULL,
    is_peer boolean NOT NULL,
    is_suspended boolean NOT NULL,
    self_review text COLLATE pg_catalog."C",
    self_reviewed_at timestamp with time zone,
    self_reviewed_position bigint,
    self_reviewed_times bigint NOT NULL,
    reviewed_by text NOT NULL COLLATE pg_catalog."C",
    paper_attempt bigint,
    version bigint,
    period text COLLATE pg_catalog."C",
    score numeric,
    proposed text COLLATE pg_catalog."C",
    grade text COLLATE pg_catalog."C",
    reason text COLLATE pg_catalog."C",
    result text COLLATE pg_catalog."C",
    published_at timestamp with time zone,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.round_results_g1 (
    round uuid NOT NULL,
    member uuid NOT NULL,
    version bigint NOT NULL,
    result text COLLATE pg_catalog."C",
    branch uuid,
    period text COLLATE pg_catalog."C",
    score_before numeric,
    published_at timestamp with time zone,
    "position" bigint,
    appeal uuid,
    reason text COLLATE pg_catalog."C",
    corrected_by text COLLATE pg_catalog."C",
    put_right text NOT NULL COLLATE pg_catalog."C",
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.rounds_g1 (
    round uuid NOT NULL,
    period text NOT NULL COLLATE pg_catalog."C",
    stage text NOT NULL COLLATE pg_catalog."C",
    branches text NOT NULL COLLATE pg_catalog."C",
    rules_version bigint NOT NULL,
    drafted_at timestamp with time zone NOT NULL,
    rules text COLLATE pg_catalog."C",
    voting text NOT NULL COLLATE pg_catalog."C",
    voided text NOT NULL COLLATE pg_catalog."C",
    peers bigint NOT NULL,
    reviewed bigint NOT NULL,
    leaders text NOT NULL COLLATE pg_catalog."C",
    scrutineers text NOT NULL COLLATE pg_catalog."C",
    opened_at timestamp with time zone,
    closes_at timestamp with time zone,
    version bigint NOT NULL,
    given_from bigint NOT NULL,
    proposed_at bigint,
    decided_by text COLLATE pg_catalog."C",
    published_at timestamp with time zone,
    publicity_until timestamp with time zone,
    appeal_until timestamp with time zone,
    notices text NOT NULL COLLATE pg_catalog."C",
    quarters text NOT NULL COLLATE pg_catalog."C",
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.rule_sets_g1 (
    version bigint NOT NULL,
    rules text NOT NULL COLLATE pg_catalog."C",
    adopted_by text NOT NULL COLLATE pg_catalog."C",
    adopted_at timestamp with time zone NOT NULL,
    "position" bigint NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.spells_g1 (
    subject uuid NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    spells text NOT NULL COLLATE pg_catalog."C",
    changed_on date NOT NULL,
    changes bigint NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.spells_tallies_g1 (
    name text NOT NULL COLLATE pg_catalog."C",
    year bigint NOT NULL,
    value numeric NOT NULL,
    parts bigint NOT NULL,
    at_least bigint NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.standings_g1 (
    subject_kind text NOT NULL COLLATE pg_catalog."C",
    metric text NOT NULL COLLATE pg_catalog."C",
    period text NOT NULL COLLATE pg_catalog."C",
    subject uuid NOT NULL,
    value numeric,
    direction text NOT NULL COLLATE pg_catalog."C",
    aggregation text COLLATE pg_catalog."C",
    weighted_sum numeric NOT NULL,
    days bigint NOT NULL,
    last_period text COLLATE pg_catalog."C",
    results bigint NOT NULL,
    at_least bigint NOT NULL,
    plan numeric,
    base numeric,
    completion numeric,
    growth numeric,
    over_plan numeric,
    parts text NOT NULL COLLATE pg_catalog."C",
    tie_key numeric,
    scores text NOT NULL COLLATE pg_catalog."C",
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.standings_groups_g1 (
    name text NOT NULL COLLATE pg_catalog."C",
    id bigint NOT NULL,
    versions bigint NOT NULL,
    kept boolean NOT NULL
);
CREATE TABLE public.standings_leaves_g1 (
    board bigint NOT NULL,
    leaf bigint NOT NULL,
    low_number numeric NOT NULL,
    low_tie numeric NOT NULL,
    low_subject uuid NOT NULL,
    high_number numeric NOT NULL,
    high_tie numeric NOT NULL,
    high_subject uuid NOT NULL,
    live integer NOT NULL,
    total integer NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE public.standings_places_g1 (
    board bigint NOT NULL,
    leaf bigint NOT NULL,
    subject uuid NOT NULL,
    number numeric NOT NULL,
    tie numeric NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
);
CREATE TABLE public.standings_steps_g1 (
    board bigint NOT NULL,
    "position" bigint NOT NULL,
    leaves bigint[] NOT NULL,
    before integer[] NOT NULL,
    total integer NOT NULL
);
CREATE TABLE public.standings_tallies_g1 (
    name text NOT NULL COLLATE pg_catalog."C",
    year bigint NOT NULL,
    value numeric NOT NULL,
    parts bigint NOT NULL,
    at_least bigint NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.subject_keys (
    subject uuid NOT NULL,
    wrapped bytea NOT NULL
);
CREATE TABLE public.talks_g1 (
    talk uuid NOT NULL,
    subject_kind text NOT NULL COLLATE pg_catalog."C",
    subject uuid NOT NULL,
    cause text NOT NULL COLLATE pg_catalog."C",
    round uuid,
    step text NOT NULL COLLATE pg_catalog."C",
    proposed_at timestamp with time zone NOT NULL,
    proposed_by text COLLATE pg_catalog."C",
    reason text COLLATE pg_catalog."C",
    approved_by text COLLATE pg_catalog."C",
    declined_by text COLLATE pg_catalog."C",
    declined_for text COLLATE pg_catalog."C",
    held_on date,
    held_by uuid,
    attendees text NOT NULL COLLATE pg_catalog."C",
    persons bigint NOT NULL,
    record text COLLATE pg_catalog."C",
    follow_up_on date,
    called boolean NOT NULL,
    followed_up_on date,
    note text COLLATE pg_catalog."C",
    closed_on date,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.totals_g1 (
    year bigint NOT NULL,
    item text NOT NULL COLLATE pg_catalog."C",
    value numeric NOT NULL,
    count bigint NOT NULL,
    at_least bigint NOT NULL,
    facts bigint NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.trainings_g1 (
    training uuid NOT NULL,
    branch uuid NOT NULL,
    held_on date NOT NULL,
    topic text NOT NULL COLLATE pg_catalog."C",
    minutes bigint NOT NULL,
    attendees bigint NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.verifications (
    id uuid NOT NULL,
    projection text NOT NULL,
    version integer NOT NULL,
    "position" bigint NOT NULL,
    rows bigint NOT NULL,
    digest text NOT NULL,
    differing bigint NOT NULL,
    first text,
    at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.accounts_g1
    ADD CONSTRAINT accounts_g1_key PRIMARY KEY (member, from_position);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_id PRIMARY KEY (id);
ALTER TABLE ONLY public.appeals_g1
    ADD CONSTRAINT appeals_g1_key PRIMARY KEY (appeal, from_position);
ALTER TABLE ONLY public.attendance_g1
    ADD CONSTRAINT attendance_g1_key PRIMARY KEY (training, member, from_position);
ALTER TABLE ONLY public.audit_trail_g1
    ADD CONSTRAINT audit_trail_g1_key PRIMARY KEY (subject_kind, subject, "position", from_position);
ALTER TABLE ONLY public.branches_g1
    ADD CONSTRAINT branches_g1_key PRIMARY KEY (branch, from_position);
ALTER TABLE ONLY public.claims_g1
    ADD CONSTRAINT claims_g1_key PRIMARY KEY (branch, period, round, from_position);
ALTER TABLE ONLY public.commands
    ADD CONSTRAINT commands_key PRIMARY KEY (principal, command_id);
ALTER TABLE ONLY public.competitions_g1
    ADD CONSTRAINT competitions_g1_key PRIMARY KEY (competition, from_position);
ALTER TABLE ONLY public.contact_points_g1
    ADD CONSTRAINT contact_points_g1_key PRIMARY KEY (contact_point, from_position);
ALTER TABLE ONLY public.dues_g1
    ADD CONSTRAINT dues_g1_key PRIMARY KEY (kind, item, from_position);
ALTER TABLE ONLY public.event_types
    ADD CONSTRAINT event_types_key PRIMARY KEY (kind, name, projection);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_position UNIQUE ("position");
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_stream PRIMARY KEY (aggregate_type, aggregate_id, sequence);
ALTER TABLE ONLY public.grants_g1
    ADD CONSTRAINT grants_g1_key PRIMARY KEY (grant_id, from_position);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_name PRIMARY KEY (name);
ALTER TABLE ONLY public.keyed_subjects
    ADD CONSTRAINT keyed_subjects_subject PRIMARY KEY (subject);
ALTER TABLE ONLY public.leader_reviews_g1
    ADD CONSTRAINT leader_reviews_g1_key PRIMARY KEY (round, member, reviewer, from_position);
ALTER TABLE ONLY public.log_head
    ADD CONSTRAINT log_head_one PRIMARY KEY (one);
ALTER TABLE ONLY public.log_origins
    ADD CONSTRAINT log_origins_number PRIMARY KEY (number);
ALTER TABLE ONLY public.master_key
    ADD CONSTRAINT master_key_one PRIMARY KEY (one);
ALTER TABLE ONLY public.member_years_g1
    ADD CONSTRAINT member_years_g1_key PRIMARY KEY (year, member, from_position);
ALTER TABLE ONLY public.member_years_tallies_g1
    ADD CONSTRAINT member_years_tallies_g1_key PRIMARY KEY (name, year, from_position);
ALTER TABLE ONLY public.members_g1
    ADD CONSTRAINT members_g1_key PRIMARY KEY (member, from_position);
ALTER TABLE ONLY public.metrics_g1
    ADD CONSTRAINT metrics_g1_key PRIMARY KEY (code, from_position);
ALTER TABLE ONLY public.outlets_g1
    ADD CONSTRAINT outlets_g1_key PRIMARY KEY (outlet, from_position);
ALTER TABLE ONLY public.paper_counts_g1
    ADD CONSTRAINT paper_counts_g1_key PRIMARY KEY (round, group_of, attempt, member, scrutineer, from_position);
ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_member PRIMARY KEY (member);
ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_staff_number UNIQUE (staff_key);
ALTER TABLE ONLY public.processes
    ADD CONSTRAINT processes_key PRIMARY KEY (id);
ALTER TABLE ONLY public.projection_builds
    ADD CONSTRAINT projection_builds_name PRIMARY KEY (name, generation);
ALTER TABLE ONLY public.projection_skips
    ADD CONSTRAINT projection_skips_key PRIMARY KEY (projection, "position");
ALTER TABLE ONLY public.projection_switches
    ADD CONSTRAINT projection_switches_name PRIMARY KEY (name, generation);
ALTER TABLE ONLY public.projections
    ADD CONSTRAINT projections_name PRIMARY KEY (name);
ALTER TABLE ONLY public.reads_head
    ADD CONSTRAINT reads_head_one PRIMARY KEY (one);
ALTER TABLE ONLY public.reads
    ADD CONSTRAINT reads_number PRIMARY KEY (number);
ALTER TABLE ONLY public.records_g1
    ADD CONSTRAINT records_g1_key PRIMARY KEY (record, subject, from_position);
ALTER TABLE ONLY public.results_g1
    ADD CONSTRAINT results_g1_key PRIMARY KEY (subject_kind, subject, metric, period, from_position);
ALTER TABLE ONLY public.round_people_g1
    ADD CONSTRAINT round_people_g1_key PRIMARY KEY (round, member, from_position);
ALTER TABLE ONLY public.round_results_g1
    ADD CONSTRAINT round_results_g1_key PRIMARY KEY (round, member, version, from_position);
ALTER TABLE ONLY public.rounds_g1
    ADD CONSTRAINT rounds_g1_key PRIMARY KEY (round, from_position);
ALTER TABLE ONLY public.rule_sets_g1
    ADD CONSTRAINT rule_sets_g1_key PRIMARY KEY (version, from_position);
ALTER TABLE ONLY public.spells_g1
    ADD CONSTRAINT spells_g1_key PRIMARY KEY (subject, from_position);
ALTER TABLE ONLY public.spells_tallies_g1
    ADD CONSTRAINT spells_tallies_g1_key PRIMARY KEY (name, year, from_position);
ALTER TABLE ONLY public.standings_g1
    ADD CONSTRAINT standings_g1_key PRIMARY KEY (subject_kind, metric, period, subject, from_position);
ALTER TABLE ONLY public.standings_groups_g1
    ADD CONSTRAINT standings_groups_g1_id UNIQUE (id);
ALTER TABLE ONLY public.standings_groups_g1
    ADD CONSTRAINT standings_groups_g1_key PRIMARY KEY (name);
ALTER TABLE ONLY public.standings_leaves_g1
    ADD CONSTRAINT standings_leaves_g1_key PRIMARY KEY (board, leaf);
ALTER TABLE ONLY public.standings_places_g1
    ADD CONSTRAINT standings_places_g1_key PRIMARY KEY (board, leaf, number, tie, subject, from_position) INCLUDE (until_position);
ALTER TABLE ONLY public.standings_steps_g1
    ADD CONSTRAINT standings_steps_g1_key PRIMARY KEY (board, "position");
ALTER TABLE ONLY public.standings_tallies_g1
    ADD CONSTRAINT standings_tallies_g1_key PRIMARY KEY (name, year, from_position);
ALTER TABLE ONLY public.subject_keys
    ADD CONSTRAINT subject_keys_subject PRIMARY KEY (subject);
ALTER TABLE ONLY public.talks_g1
    ADD CONSTRAINT talks_g1_key PRIMARY KEY (talk, from_position);
ALTER TABLE ONLY public.totals_g1
    ADD CONSTRAINT totals_g1_key PRIMARY KEY (year, item, from_position);
ALTER TABLE ONLY public.trainings_g1
    ADD CONSTRAINT trainings_g1_key PRIMARY KEY (training, from_position);
ALTER TABLE ONLY public.verifications
    ADD CONSTRAINT verifications_id PRIMARY KEY (id);
CREATE INDEX accounts_g1_by1 ON public.accounts_g1 USING btree (account, member, from_position);
CREATE INDEX api_keys_principal ON public.api_keys USING btree (principal, created_at);
CREATE INDEX appeals_g1_by1 ON public.appeals_g1 USING btree (round, member, appeal, from_position);
CREATE INDEX appeals_g1_by2 ON public.appeals_g1 USING btree (member, appeal, from_position);
CREATE INDEX attendance_g1_by1 ON public.attendance_g1 USING btree (member, held_on, training, from_position);
CREATE INDEX audit_trail_g1_by1 ON public.audit_trail_g1 USING btree (is_primary, "position", subject_kind, subject, from_position);
CREATE INDEX audit_trail_g1_by2 ON public.audit_trail_g1 USING btree (event_type, "position", subject_kind, subject, from_position);
CREATE INDEX audit_trail_g1_by3 ON public.audit_trail_g1 USING btree (actor, "position", subject_kind, subject, from_position);
CREATE INDEX audit_trail_g1_by4 ON public.audit_trail_g1 USING btree (correlation, "position", subject_kind, subject, from_position);
CREATE INDEX audit_trail_g1_by5 ON public.audit_trail_g1 USING btree (command, subject_kind, subject, "position", from_position);
CREATE INDEX branches_g1_by1 ON public.branches_g1 USING btree (parent, branch, from_position);
CREATE INDEX branches_g1_by2 ON public.branches_g1 USING btree (name, branch, from_position);
CREATE INDEX claims_g1_by1 ON public.claims_g1 USING btree (round, branch, period, from_position);
CREATE INDEX claims_g1_by2 ON public.claims_g1 USING btree (period, released, branch, round, from_position);
CREATE INDEX competitions_g1_by1 ON public.competitions_g1 USING btree (branch, competition, from_position);
CREATE INDEX competitions_g1_by2 ON public.competitions_g1 USING btree (metric, period, competition, from_position);
CREATE INDEX contact_points_g1_by1 ON public.contact_points_g1 USING btree (branch, standing, contact_point, from_position);
CREATE INDEX contact_points_g1_by2 ON public.contact_points_g1 USING btree (cadre_a, contact_point, from_position);
CREATE INDEX contact_points_g1_by3 ON public.contact_points_g1 USING btree (cadre_b, contact_point, from_position);
CREATE INDEX contact_points_g1_by4 ON public.contact_points_g1 USING btree (outlet, contact_point, from_position);
CREATE INDEX contact_points_g1_by5 ON public.contact_points_g1 USING btree (station, contact_point, from_position);
CREATE INDEX dues_g1_by1 ON public.dues_g1 USING btree (noted, due_at, kind, item, from_position);
CREATE INDEX dues_g1_by2 ON public.dues_g1 USING btree (due_at, kind, item, from_position);
CREATE INDEX dues_g1_by3 ON public.dues_g1 USING btree (subject, kind, item, from_position);
CREATE INDEX events_recorded ON public.events USING btree (recorded_at, "position");
CREATE INDEX grants_g1_by1 ON public.grants_g1 USING btree (principal, standing, grant_id, from_position);
CREATE INDEX grants_g1_by2 ON public.grants_g1 USING btree (branch, granted_at, grant_id, from_position);
CREATE INDEX grants_g1_by3 ON public.grants_g1 USING btree (granted_at, grant_id, from_position);
CREATE INDEX leader_reviews_g1_by1 ON public.leader_reviews_g1 USING btree (reviewer, round, member, from_position);
CREATE INDEX member_years_g1_by1 ON public.member_years_g1 USING btree (member, year, from_position);
CREATE INDEX member_years_g1_by2 ON public.member_years_g1 USING btree (year, services, member, from_position);
CREATE INDEX members_g1_by1 ON public.members_g1 USING btree (branch, standing, member, from_position);
CREATE INDEX members_g1_by2 ON public.members_g1 USING btree (standing, member, from_position);
CREATE INDEX members_g1_by3 ON public.members_g1 USING btree (merged_into, member, from_position);
CREATE INDEX outlets_g1_by1 ON public.outlets_g1 USING btree (branch, kind, outlet, from_position);
CREATE INDEX outlets_g1_by2 ON public.outlets_g1 USING btree (kind, standing, outlet, from_position);
CREATE INDEX paper_counts_g1_by1 ON public.paper_counts_g1 USING btree (round, member, group_of, attempt, scrutineer, from_position);
CREATE INDEX reads_subjects ON public.reads USING gin (subjects);
CREATE INDEX reads_viewer ON public.reads USING btree (viewer, number);
CREATE INDEX records_g1_by1 ON public.records_g1 USING btree (subject, kind, on_date, record, from_position);
CREATE INDEX records_g1_by2 ON public.records_g1 USING btree (branch, kind, on_date, record, subject, from_position);
CREATE INDEX records_g1_by3 ON public.records_g1 USING btree (kind, on_date, record, subject, from_position);
CREATE INDEX results_g1_by1 ON public.results_g1 USING btree (metric, period, subject_kind, subject, from_position);
CREATE INDEX results_g1_by2 ON public.results_g1 USING btree (result, subject_kind, subject, metric, period, from_position);
CREATE INDEX round_people_g1_by1 ON public.round_people_g1 USING btree (member, round, from_position);
CREATE INDEX round_people_g1_by2 ON public.round_people_g1 USING btree (round, branch, member, from_position);
CREATE INDEX round_results_g1_by1 ON public.round_results_g1 USING btree (member, round, version, from_position);
CREATE INDEX rounds_g1_by1 ON public.rounds_g1 USING btree (period, stage, round, from_position);
CREATE INDEX rounds_g1_by2 ON public.rounds_g1 USING btree (stage, round, from_position);
CREATE INDEX spells_g1_by1 ON public.spells_g1 USING btree (kind, subject, from_position);
CREATE INDEX standings_g1_by1 ON public.standings_g1 USING btree (subject_kind, metric, period, value, subject, from_position);
CREATE INDEX standings_g1_by2 ON public.standings_g1 USING btree (subject_kind, metric, period, completion, subject, from_position);
CREATE INDEX standings_g1_by3 ON public.standings_g1 USING btree (subject_kind, metric, period, growth, subject, from_position);
CREATE INDEX standings_g1_by4 ON public.standings_g1 USING btree (subject, subject_kind, metric, period, from_position);
CREATE INDEX standings_leaves_g1_at ON public.standings_leaves_g1 USING gist (int8range(board, board, '[]'::text), numrange(low_number, high_number, '[]'::text), int8range(from_position, until_position));
CREATE INDEX standings_leaves_g1_holds ON public.standings_leaves_g1 USING btree (board, low_number, low_tie, low_subject) WHERE (until_position = '9223372036854775807'::bigint);
CREATE INDEX standings_places_g1_from ON public.standings_places_g1 USING btree (board, from_position);
CREATE INDEX standings_places_g1_until ON public.standings_places_g1 USING btree (board, until_position);
CREATE INDEX talks_g1_by1 ON public.talks_g1 USING btree (subject, proposed_at, talk, from_position);
CREATE INDEX talks_g1_by2 ON public.talks_g1 USING btree (proposed_at, talk, from_position);
CREATE INDEX talks_g1_by3 ON public.talks_g1 USING btree (step, talk, from_position);
CREATE INDEX talks_g1_by4 ON public.talks_g1 USING btree (held_on, talk, from_position);
CREATE INDEX talks_g1_by5 ON public.talks_g1 USING btree (round, talk, from_position);
CREATE INDEX totals_g1_by1 ON public.totals_g1 USING btree (item, year, from_position);
CREATE INDEX trainings_g1_by1 ON public.trainings_g1 USING btree (branch, held_on, training, from_position);
CREATE INDEX trainings_g1_by2 ON public.trainings_g1 USING btree (held_on, training, from_position);
CREATE INDEX verifications_last ON public.verifications USING btree (projection, at);
CREATE TRIGGER api_keys_are_revoked_once BEFORE UPDATE ON public.api_keys FOR EACH ROW WHEN ((NOT ((old.revoked_at IS NULL) AND (new.revoked_at IS NOT NULL) AND (old.id = new.id) AND (old.principal = new.principal) AND (old.secret_sha256 = new.secret_sha256) AND (old.created_at = new.created_at) AND (old.expires_at = new.expires_at)))) EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER api_keys_stay BEFORE DELETE ON public.api_keys FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER api_keys_stay_whole BEFORE TRUNCATE ON public.api_keys FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER commands_stay BEFORE DELETE OR UPDATE ON public.commands FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER commands_stay_whole BEFORE TRUNCATE ON public.commands FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER events_stay BEFORE DELETE OR UPDATE ON public.events FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER events_stay_whole BEFORE TRUNCATE ON public.events FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER log_head_forward BEFORE UPDATE ON public.log_head FOR EACH ROW WHEN (((new."position" < old."position") OR (new.recorded_at < old.recorded_at))) EXECUTE FUNCTION public.refuse_step_back();
CREATE TRIGGER log_head_stays BEFORE DELETE ON public.log_head FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER log_head_stays_whole BEFORE TRUNCATE ON public.log_head FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER log_origins_stay BEFORE DELETE OR UPDATE ON public.log_origins FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER log_origins_stay_whole BEFORE TRUNCATE ON public.log_origins FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER projection_skips_stay BEFORE DELETE OR UPDATE ON public.projection_skips FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER projection_skips_stay_whole BEFORE TRUNCATE ON public.projection_skips FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER reads_head_forward BEFORE UPDATE ON public.reads_head FOR EACH ROW EXECUTE FUNCTION public.refuse_reads_step_back();
CREATE TRIGGER reads_head_stays BEFORE DELETE ON public.reads_head FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER reads_head_stays_whole BEFORE TRUNCATE ON public.reads_head FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER reads_stay BEFORE DELETE OR UPDATE ON public.reads FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER reads_stay_whole BEFORE TRUNCATE ON public.reads FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER verifications_stay BEFORE DELETE OR UPDATE ON public.verifications FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER verifications_stay_whole BEFORE TRUNCATE ON public.verifications FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
GRANT ALL ON SCHEMA public TO sanping_app;
GRANT SELECT ON TABLE public._sqlx_migrations TO sanping_app;
GRANT SELECT ON TABLE public.accounts_g1 TO sanping_owner;
GRANT SELECT,INSERT ON TABLE public.api_keys TO sanping_app;
GRANT UPDATE(revoked_at) ON TABLE public.api_keys TO sanping_app;
GRANT SELECT ON TABLE public.appeals_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.attendance_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.audit_trail_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.branches_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.claims_g1 TO sanping_owner;
GRANT SELECT,INSERT ON TABLE public.commands TO sanping_app;
GRANT SELECT ON TABLE public.competitions_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.contact_points_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.dues_g1 TO sanping_owner;
GRANT SELECT,INSERT ON TABLE public.event_types TO sanping_app;
GRANT SELECT,INSERT ON TABLE public.events TO sanping_app;
GRANT SELECT ON TABLE public.grants_g1 TO sanping_owner;
GRANT SELECT,UPDATE ON TABLE public.jobs TO sanping_app;
GRANT SELECT,INSERT ON TABLE public.keyed_subjects TO sanping_app;
GRANT SELECT ON TABLE public.leader_reviews_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.log_head TO sanping_app;
GRANT UPDATE("position") ON TABLE public.log_head TO sanping_app;
GRANT UPDATE(recorded_at) ON TABLE public.log_head TO sanping_app;
GRANT SELECT ON TABLE public.log_origins TO sanping_app;
GRANT SELECT,INSERT ON TABLE public.master_key TO sanping_app;
GRANT SELECT ON TABLE public.member_years_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.member_years_tallies_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.members_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.metrics_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.outlets_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.paper_counts_g1 TO sanping_owner;
GRANT SELECT,INSERT,UPDATE ON TABLE public.people TO sanping_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.processes TO sanping_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.projection_builds TO sanping_app;
GRANT SELECT,INSERT ON TABLE public.projection_skips TO sanping_app;
GRANT SELECT,INSERT ON TABLE public.projection_switches TO sanping_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.projections TO sanping_app;
GRANT SELECT,INSERT ON TABLE public.reads TO sanping_app;
GRANT SELECT ON TABLE public.reads_head TO sanping_app;
GRANT UPDATE(number) ON TABLE public.reads_head TO sanping_app;
GRANT UPDATE(at) ON TABLE public.reads_head TO sanping_app;
GRANT UPDATE(hash) ON TABLE public.reads_head TO sanping_app;
GRANT SELECT ON TABLE public.records_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.results_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.round_people_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.round_results_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.rounds_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.rule_sets_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.spells_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.spells_tallies_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.standings_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.standings_groups_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.standings_leaves_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.standings_places_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.standings_steps_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.standings_tallies_g1 TO sanping_owner;
GRANT SELECT,INSERT ON TABLE public.subject_keys TO sanping_app;
GRANT SELECT ON TABLE public.talks_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.totals_g1 TO sanping_owner;
GRANT SELECT ON TABLE public.trainings_g1 TO sanping_owner;
GRANT SELECT,INSERT ON TABLE public.verifications TO sanping_app;

-- Events that a projection was told to step over, each decided once, for good, and for live folds and rebuilds alike.
create table projection_skips (
    projection text        not null,
    position   bigint      not null,
    event_type text        not null,
    cause      text        not null,
    reason     text        not null,
    decided_by text        not null,
    decided_at timestamptz not null,
    constraint projection_skips_key primary key (projection, position),
    constraint projection_skips_positive check (position >= 1),
    constraint projection_skips_reasoned check (reason <> '' and decided_by <> '')
);
create trigger projection_skips_stay before update or delete on projection_skips
    for each row execute function refuse_change();
create trigger projection_skips_stay_whole before truncate on projection_skips
    for each statement execute function refuse_change();

-- Which types of events there are, which projections read each, and the first build that said so: what a build does not
-- know stops only the projections that need it. The line without a projection stands for the type itself.
create table event_types (
    kind       text        not null,
    name       text        not null,
    projection text        not null,
    build      text        not null,
    seen_at    timestamptz not null,
    constraint event_types_key primary key (kind, name, projection)
);

-- What is done by one process at a time in the background, and until when it shows signs of life.
create table jobs (
    name        text not null,
    holder      uuid,
    lease_until timestamptz,
    constraint jobs_name primary key (name)
);
insert into jobs (name) values ('verify');

-- What verifications found, each for good.
create table verifications (
    id         uuid        not null,
    projection text        not null,
    version    integer     not null,
    position   bigint      not null,
    rows       bigint      not null,
    digest     text        not null,
    differing  bigint      not null,
    first      text,
    at         timestamptz not null,
    constraint verifications_id primary key (id)
);
create index verifications_last on verifications (projection, at);
create trigger verifications_stay before update or delete on verifications
    for each row execute function refuse_change();
create trigger verifications_stay_whole before truncate on verifications
    for each statement execute function refuse_change();

-- Where each projection stands. Its rows are in the table <name>_g<generation>, made by the engine.

create table projections (
    name        text        not null,
    version     integer     not null,
    generation  bigint      not null,
    checkpoint  bigint      not null,
    epoch       bigint      not null,
    holder      uuid,
    lease_until timestamptz,
    stopped_at  bigint,
    cause       text,
    constraint projections_name primary key (name)
);

-- Builds beside the serving one, each claimed by one builder for as long as it shows signs of life.
create table projection_builds (
    name        text        not null,
    generation  bigint      not null,
    version     integer     not null,
    checkpoint  bigint      not null,
    builder     uuid        not null,
    lease_until timestamptz not null,
    constraint projection_builds_name primary key (name, generation)
);

-- Which generation served from which position on: for auditors.
create table projection_switches (
    name       text        not null,
    generation bigint      not null,
    version    integer     not null,
    position   bigint      not null,
    switched_at timestamptz not null,
    constraint projection_switches_name primary key (name, generation)
);

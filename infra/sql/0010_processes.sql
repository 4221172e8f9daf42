-- The processes that live, each with its build and the types of events it knows: what one of them does not know is not
-- appended yet. A process says every two seconds that it lives; the database's clock says until when that holds.
create table processes (
    id          uuid        not null,
    build       text        not null,
    types       text[]      not null,
    alive_until timestamptz not null,
    constraint processes_key primary key (id)
);

-- Under which origin the log goes on, and on which timeline of which cluster: a position means one event under one origin.
-- Where a restore has lost what was acknowledged, another origin begins; where nothing was lost, the same one goes on.
create table log_origins (
    number         bigint      not null,
    origin         uuid        not null,
    after_position bigint      not null,
    began_at       timestamptz not null,
    system         text,
    timeline       text,
    reason         text        not null,
    decided_by     text        not null,
    constraint log_origins_number primary key (number),
    constraint log_origins_positive check (number >= 1 and after_position >= 0),
    constraint log_origins_whole check ((system is null) = (timeline is null)),
    constraint log_origins_reasoned check (reason <> '' and decided_by <> '')
);
create trigger log_origins_stay before update or delete on log_origins for each row execute function refuse_change();
create trigger log_origins_stay_whole before truncate on log_origins
    for each statement execute function refuse_change();

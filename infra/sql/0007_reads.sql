-- Who looked at what a freeze hides: written before the answer, never changed.
create table reads (
    id           uuid        not null,
    at           timestamptz not null,
    viewer       text        not null,
    what         text        not null,
    subject_kind text        not null,
    subject      uuid        not null,
    position     bigint      not null,
    constraint reads_id primary key (id)
);
create index reads_subject on reads (subject_kind, subject, at, id);
create trigger reads_stay before update or delete on reads for each row execute function refuse_change();
create trigger reads_stay_whole before truncate on reads for each statement execute function refuse_change();

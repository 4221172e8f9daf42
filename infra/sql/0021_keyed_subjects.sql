-- Whose texts have ever been sealed: kept with the log, where the keys are not. So a database restored without its keys, or one
-- whose keys were destroyed, makes no other key in the place of one that opens what is there.
create table keyed_subjects (
    subject uuid not null,
    constraint keyed_subjects_subject primary key (subject)
);
insert into keyed_subjects (subject)
    select subject from subject_keys
    union
    select (pg_catalog.regexp_matches(payload::pg_catalog.text, '"v1[.]([0-9a-f]{32})[.]', 'g'))[1]::pg_catalog.uuid
    from events;

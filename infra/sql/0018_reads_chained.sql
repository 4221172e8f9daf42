-- Who read what of whom, and who tried to: each entry is hashed with the hash before it, and what was recorded before this
-- migration is carried over. The bytes that are hashed are told in docs/reads.md.
alter table reads rename to reads_unchained;
alter table reads_unchained rename constraint reads_id to reads_unchained_id;
alter index reads_subject rename to reads_unchained_subject;

create table reads (
    number       bigint             not null,
    at           timestamptz        not null,
    viewer       text collate "C"   not null,
    what         text collate "C"   not null,
    subject_kind text collate "C",
    subjects     uuid[]             not null,
    as_of        bigint             not null,
    denied       bigint,
    purpose      text collate "C",
    reference    text collate "C",
    hash         bytea              not null,
    constraint reads_number primary key (number),
    constraint reads_numbered check (number operator(pg_catalog.>=) 1),
    constraint reads_hashed check (pg_catalog.octet_length(hash) operator(pg_catalog.=) 32),
    constraint reads_named check (viewer operator(pg_catalog.<>) '' and what operator(pg_catalog.<>) ''),
    constraint reads_of_a_kind check ((subject_kind is null) operator(pg_catalog.=) (subjects operator(pg_catalog.=) '{}')),
    constraint reads_referred check (reference is null or purpose is not null)
);
create index reads_viewer on reads (viewer, number);
create index reads_subjects on reads using gin (subjects);
create trigger reads_stay before update or delete on reads for each row execute function refuse_change();
create trigger reads_stay_whole before truncate on reads for each statement execute function refuse_change();

-- The end of the chain: whoever adds to it holds this row.
create table reads_head (
    one    boolean     not null default true,
    number bigint      not null,
    at     timestamptz not null,
    hash   bytea       not null,
    constraint reads_head_one primary key (one),
    constraint reads_head_alone check (one),
    constraint reads_head_hashed check (pg_catalog.octet_length(hash) operator(pg_catalog.=) 32)
);
create function refuse_reads_step_back() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if new.number <= old.number or new.at < old.at then
        raise exception 'the end of the records of reads never goes back' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger reads_head_forward before update on reads_head for each row execute function refuse_reads_step_back();
create trigger reads_head_stays before delete on reads_head for each row execute function refuse_change();
create trigger reads_head_stays_whole before truncate on reads_head for each statement execute function refuse_change();

do $$
declare
    seen   record;
    field  pg_catalog.text;
    bytes  pg_catalog.bytea;
    last   pg_catalog.bytea := pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex');
    latest pg_catalog.timestamptz := 'epoch';
    n      pg_catalog.int8 := 0;
begin
    for seen in select * from reads_unchained order by at, id loop
        n := n operator(pg_catalog.+) 1;
        latest := seen.at;
        bytes := last;
        foreach field in array array[
            'sanping read 1', n::pg_catalog.text,
            (pg_catalog.extract('epoch', seen.at) operator(pg_catalog.*) 1000000::pg_catalog.numeric)::pg_catalog.int8::pg_catalog.text,
            seen.viewer, seen.what, seen.subject_kind, seen.subject::pg_catalog.text, seen.position::pg_catalog.text, '', '', ''
        ]::pg_catalog.text[] loop
            bytes := pg_catalog.byteacat(bytes, pg_catalog.convert_to(pg_catalog.concat(
                pg_catalog.octet_length(pg_catalog.convert_to(field, 'UTF8')), ':', field, ','), 'UTF8'));
        end loop;
        last := pg_catalog.sha256(bytes);
        insert into reads (number, at, viewer, what, subject_kind, subjects, as_of, hash)
        values (n, seen.at, seen.viewer, seen.what, seen.subject_kind, array[seen.subject], seen.position, last);
    end loop;
    insert into reads_head (number, at, hash) values (n, latest, last);
end $$;
drop table reads_unchained;

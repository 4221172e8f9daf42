-- Staff numbers are kept as given and are the same however their letters are written.
do $$
declare
    doubles text;
begin
    select pg_catalog.string_agg(numbers, '; ') into doubles from (
        select pg_catalog.string_agg(staff_number, ', ') as numbers from people
        group by pg_catalog.lower(staff_number collate pg_catalog."C") having pg_catalog.count(*) > 1
    ) same;
    if doubles is not null then
        raise exception 'staff numbers that differ only in capital letters: %', doubles
            using hint = 'amend all but one of each with the program of the version before, then migrate again';
    end if;
end $$;
alter table people add column staff_key text not null
    generated always as (pg_catalog.lower(staff_number collate pg_catalog."C")) stored;
alter table people drop constraint people_staff_number;
alter table people add constraint people_staff_number unique (staff_key);

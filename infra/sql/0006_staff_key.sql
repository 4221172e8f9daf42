-- Staff numbers are kept as given and are the same however their letters are written.
alter table people add column staff_key text not null
    generated always as (pg_catalog.lower(staff_number collate pg_catalog."C")) stored;
alter table people drop constraint people_staff_number;
alter table people add constraint people_staff_number unique (staff_key);

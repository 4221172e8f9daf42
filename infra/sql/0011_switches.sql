-- What was found when the rows to be replaced were compared with the new ones, before the switch. Nothing where the two
-- are of different versions.
alter table projection_switches add column compared_at bigint;
alter table projection_switches add column differing bigint;
alter table projection_switches add column first text;

-- What a caller's search_path holds is not looked at where the triggers run.
alter function refuse_change() set search_path = pg_catalog, pg_temp;
alter function refuse_step_back() set search_path = pg_catalog, pg_temp;

-- Each append updates the head row twice, and none of them goes back: the trigger is called only where one does.
drop trigger log_head_forward on log_head;
create trigger log_head_forward before update on log_head for each row
    when (new.position operator(pg_catalog.<) old.position or new.recorded_at operator(pg_catalog.<) old.recorded_at)
    execute function refuse_step_back();
-- Left alone, PostgreSQL plans each statement of the function anew for each small batch, which took most of its time. Where
-- tables are sharded, plans are to be made for the shard, so they stay as they are.
do $$
begin
    if not exists (select from pg_catalog.pg_extension where extname operator(pg_catalog.=) 'citus') then
        alter function append_under set plan_cache_mode to force_generic_plan;
    end if;
end $$;

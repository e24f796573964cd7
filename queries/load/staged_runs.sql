-- Leaves `staged_runs` (path, run), the rows to write, `new_keys`, the numbers that they get, and
-- `cleared`, the runs that stand in their way or that no file speaks for any more.
-- Session variables: affected_ids, of owners.sql; are_only, whether the staged files are new and the
-- only ones of their runs.
create or replace temp view staged_runs as
select
    staged.path,
    staged.run
from staged
where staged.run is not null;

create or replace temp table new_keys as
select
    staged_runs.run.run_id as run_id,
    nextval('run_keys') as run_key
from staged_runs;

-- What is not in `runs` has no rows elsewhere.
create or replace temp table cleared as
with wanted as (
    select staged_runs.run.run_id as run_id from staged_runs
    union all
    select affected.run_id from affected
    anti join owners on affected.run_id = owners.run_id
    union all
    select owners.run_id from owners
    where owners.kind in ('events', 'session')
)

select
    runs.run_id,
    runs.run_key
from runs
semi join wanted on runs.run_id = wanted.run_id
where
    -- All of them are affected.
    runs.run_id between getvariable('affected_ids')[1] and getvariable('affected_ids')[2]
    -- A run has the file that it came from, so what stands in the way of new ones came from calls,
    -- in a file of another name. Few runs have one, and their names alone are then read.
    and (runs.other_path is not null or not getvariable('are_only'));

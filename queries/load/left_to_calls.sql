-- Runs of `affected` that no file speaks for any more -> `touched_runs`, so that calls, if
-- there are any, tell of them (call_runs.sql).
create or replace temp table touched_runs as
select affected.run_id
from affected
anti join owners on affected.run_id = owners.run_id;

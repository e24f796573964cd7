-- Makes room: leaves `staged_runs` (path, run), the rows to write, and removes what
-- stands under their keys and what no file speaks for any more. A staged file that does
-- not speak for its run leaves `staged`, so that what is left need not be copied.
delete from staged
where
    run is not null
    and path not in (select owners.path from owners);

create or replace temp view staged_runs as
select
    staged.path,
    staged.run
from staged
where staged.run is not null;

create or replace temp table cleared as
select staged_runs.run.run_id as run_id from staged_runs
union all
select affected.run_id from affected
anti join owners on affected.run_id = owners.run_id;

delete from runs
where run_id in (select cleared.run_id from cleared);

delete from role_usage
where run_id in (select cleared.run_id from cleared);

delete from model_usage
where run_id in (select cleared.run_id from cleared);

delete from iterations
where run_id in (select cleared.run_id from cleared);

delete from qa_issues
where run_id in (select cleared.run_id from cleared);

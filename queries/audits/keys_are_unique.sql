-- Rule: No run, file, job, role or model of a run is there twice.
-- Returns the rows that break it.

select
    'runs' as table_name,
    run_id as key
from runs
group by run_id
having count(*) > 1
union all
select
    'sources' as table_name,
    path as key
from sources
group by path
having count(*) > 1
union all
select
    'jobs' as table_name,
    job_id as key
from jobs
group by job_id
having count(*) > 1
union all
select
    'runs' as table_name,
    run_key::varchar as key
from runs
group by run_key
having count(*) > 1
union all
select
    'role_usage_rows' as table_name,
    run_key || ' ' || role || ' ' || model as key
from role_usage_rows
group by run_key, role, model
having count(*) > 1
union all
select
    'model_usage_rows' as table_name,
    run_key || ' ' || model as key
from model_usage_rows
group by run_key, model
having count(*) > 1;

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
    'role_usage' as table_name,
    run_id || ' ' || role || ' ' || model as key
from role_usage
group by run_id, role, model
having count(*) > 1
union all
select
    'model_usage' as table_name,
    run_id || ' ' || model as key
from model_usage
group by run_id, model
having count(*) > 1;

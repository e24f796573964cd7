-- staged_jobs -> jobs and job_events, by difference. A job that the file does not
-- list any more stays, marked as removed.
insert into job_events
select
    staged_jobs.job_id,
    jobs.status as previous_status,
    staged_jobs.status,
    staged_jobs.updated_at as changed_at,
    getvariable('pass_time') as seen_at
from staged_jobs
left join jobs on staged_jobs.job_id = jobs.job_id
where
    jobs.job_id is null
    or jobs.removed_at is not null
    or jobs.status is distinct from staged_jobs.status
union all
select
    jobs.job_id,
    jobs.status as previous_status,
    null as status,
    null as changed_at,
    getvariable('pass_time') as seen_at
from jobs
anti join staged_jobs on jobs.job_id = staged_jobs.job_id
where jobs.removed_at is null;

update jobs
set removed_at = getvariable('pass_time')
where
    removed_at is null
    and job_id not in (select staged_jobs.job_id from staged_jobs);

delete from jobs
where job_id in (select staged_jobs.job_id from staged_jobs);

insert into jobs
select
    job_id,
    status,
    run_id,
    project_name,
    mode,
    task,
    created_at,
    updated_at,
    started_at,
    finished_at,
    error,
    logs_path,
    null as removed_at
from staged_jobs;

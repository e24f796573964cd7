-- Purpose: the jobs that count.
-- Grain:   one row per job that the state file lists and that passes every filter but the range.
-- Units:   UTC.
-- Source:  jobs, matching_runs, session variables (see passes_filter).
--
-- A job has a project, a mode and a task of its own. Model, role, QA and outcome are
-- those of its run, so a job without a run passes no filter of these.

create or replace view matching_jobs as
with chosen as (
    select
        job_id,
        status,
        run_id,
        coalesce(project_name, 'unknown') as project_name,
        mode,
        task,
        created_at,
        updated_at,
        started_at,
        finished_at,
        error,
        logs_path
    from jobs
    where
        removed_at is null
        and (
            created_at is null
            or created_at <= coalesce(
                try_cast(getvariable('as_of') as timestamp),
                timestamp 'infinity'
            )
        )
        and passes_filter('projects', coalesce(project_name, 'unknown'))
        and passes_filter('modes', coalesce(mode, 'unknown'))
        and (
            getvariable('search') is null
            or contains(lower(task), lower(getvariable('search')::varchar))
        )
)

select * from chosen
where
    coalesce(
        getvariable('models')::varchar,
        getvariable('roles')::varchar,
        getvariable('qa')::varchar,
        getvariable('statuses')::varchar
    ) is null
union all
select chosen.*
from chosen
semi join matching_runs on chosen.run_id = matching_runs.run_id
where
    coalesce(
        getvariable('models')::varchar,
        getvariable('roles')::varchar,
        getvariable('qa')::varchar,
        getvariable('statuses')::varchar
    ) is not null;

comment on view matching_jobs is
'Jobs that count at the moment of clock and pass every filter but the range. Grain: one row per job.';
comment on column matching_jobs.job_id is
'Job.';
comment on column matching_jobs.status is
'Status as written; null where unknown.';
comment on column matching_jobs.run_id is
'Run that the job made; null where there is none yet.';
comment on column matching_jobs.project_name is
'Project; ''unknown'' where the job names none.';
comment on column matching_jobs.mode is
'Mode in lower case; null where unknown.';
comment on column matching_jobs.task is
'Task text.';
comment on column matching_jobs.created_at is
'Creation, UTC.';
comment on column matching_jobs.updated_at is
'Last change, UTC.';
comment on column matching_jobs.started_at is
'Start, UTC.';
comment on column matching_jobs.finished_at is
'End, UTC.';
comment on column matching_jobs.error is
'Error text.';
comment on column matching_jobs.logs_path is
'Log file as written.';

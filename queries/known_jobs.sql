-- Purpose: the jobs that were ever listed, also those that have left the state file.
-- Grain:   one row per job that passes every filter but the range.
-- Units:   UTC.
-- Source:  jobs, chosen_runs, model_parts, has_begun, session variables (see passes_filter).
--
-- A job has a project, a mode and a task of its own. Model, role, QA and outcome are
-- those of its run, so a job without a run passes no filter of these.

create or replace view known_jobs as
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
        logs_path,
        removed_at as left_at
    from jobs
    where
        has_begun(created_at)
        and passes_filter('projects', coalesce(project_name, 'unknown'))
        and passes_filter('modes', coalesce(mode, 'unknown'))
        and (
            getvariable('search') is null
            or contains(lower(task), lower(getvariable('search')::varchar))
        )
),

runs_of_jobs as materialized (
    select
        chosen_runs.run_id,
        chosen_runs.run_key
    from chosen_runs
    semi join chosen on chosen_runs.run_id = chosen.run_id
    where
        coalesce(
            getvariable('models')::varchar, getvariable('roles')::varchar
        ) is not null
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
semi join chosen_runs on chosen.run_id = chosen_runs.run_id
where
    coalesce(
        getvariable('models')::varchar, getvariable('roles')::varchar
    ) is null
    and coalesce(
        getvariable('qa')::varchar, getvariable('statuses')::varchar
    ) is not null
union all
select chosen.*
from chosen
semi join
    (
        select runs_of_jobs.run_id
        from runs_of_jobs
        semi join model_parts on runs_of_jobs.run_key = model_parts.run_key
    ) as users
    on chosen.run_id = users.run_id;

comment on view known_jobs is
'Jobs ever listed that pass every filter but the range; figures count matching_jobs. Grain: one row per job.';
comment on column known_jobs.job_id is
'Job.';
comment on column known_jobs.status is
'Status as written; null where unknown.';
comment on column known_jobs.run_id is
'Run that the job made; null where there is none yet.';
comment on column known_jobs.project_name is
'Project; ''unknown'' where the job names none.';
comment on column known_jobs.mode is
'Mode in lower case; null where unknown.';
comment on column known_jobs.task is
'Task text.';
comment on column known_jobs.created_at is
'Creation, UTC.';
comment on column known_jobs.updated_at is
'Last change, UTC.';
comment on column known_jobs.started_at is
'Start, UTC.';
comment on column known_jobs.finished_at is
'End, UTC.';
comment on column known_jobs.error is
'Error text.';
comment on column known_jobs.logs_path is
'Log file as written.';
comment on column known_jobs.left_at is
'Since when the state file does not list the job any more, UTC; null while it does.';

-- Purpose: the jobs that the filters of jobs themselves choose: project, mode and task.
-- Grain:   one row per job that was ever listed.
-- Units:   UTC.
-- Source:  jobs, has_begun, session variables (see passes_filter).

create or replace view chosen_jobs as
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
    );

comment on view chosen_jobs is
'Jobs ever listed that pass the filters of jobs themselves. Grain: one row per job.';
comment on column chosen_jobs.job_id is
'Job.';
comment on column chosen_jobs.status is
'Status as written; null where unknown.';
comment on column chosen_jobs.run_id is
'Run that the job made; null where there is none yet.';
comment on column chosen_jobs.project_name is
'Project; ''unknown'' where the job names none.';
comment on column chosen_jobs.mode is
'Mode in lower case; null where unknown.';
comment on column chosen_jobs.task is
'Task text.';
comment on column chosen_jobs.created_at is
'Creation, UTC.';
comment on column chosen_jobs.updated_at is
'Last change, UTC.';
comment on column chosen_jobs.started_at is
'Start, UTC.';
comment on column chosen_jobs.finished_at is
'End, UTC.';
comment on column chosen_jobs.error is
'Error text.';
comment on column chosen_jobs.logs_path is
'Log file as written.';
comment on column chosen_jobs.left_at is
'Since when the state file does not list the job any more, UTC; null while it does.';

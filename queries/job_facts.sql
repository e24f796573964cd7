-- Purpose: the jobs that figures are made of.
-- Grain:   one row per job that the state file lists and that passes the filters.
-- Units:   UTC.
-- Source:  jobs, matching_runs, session variables (see passes_filter).
--
-- A job has a project, a mode and a task of its own; the range cuts by its creation,
-- else its start. Model, role, QA and outcome are those of its run, so a job without
-- a run passes no filter of these.

create or replace view job_facts as
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
        and (
            getvariable('range_from') is null
            or coalesce(created_at, started_at)
            >= try_cast(getvariable('range_from') as timestamp)
        )
        and (
            getvariable('range_to') is null
            or coalesce(created_at, started_at)
            < try_cast(getvariable('range_to') as timestamp)
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

comment on view job_facts is
'Jobs that count at the moment of clock and pass the filters. Grain: one row per job.';
comment on column job_facts.job_id is
'Job.';
comment on column job_facts.status is
'Status as written; null where unknown.';
comment on column job_facts.run_id is
'Run that the job made; null where there is none yet.';
comment on column job_facts.project_name is
'Project; ''unknown'' where the job names none.';
comment on column job_facts.mode is
'Mode in lower case; null where unknown.';
comment on column job_facts.task is
'Task text.';
comment on column job_facts.created_at is
'Creation, UTC.';
comment on column job_facts.updated_at is
'Last change, UTC.';
comment on column job_facts.started_at is
'Start, UTC.';
comment on column job_facts.finished_at is
'End, UTC.';
comment on column job_facts.error is
'Error text.';
comment on column job_facts.logs_path is
'Log file as written.';

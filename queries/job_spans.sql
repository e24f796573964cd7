-- Purpose: jobs with their state, and how long they waited and ran.
-- Grain:   one row per job that passes the filters, also of those that have left the state file.
-- Units:   seconds, UTC.
-- Source:  known_jobs, in_range, chosen_moment.
--
-- A job that waits or runs does so until now (chosen_moment). What became of one that left the
-- file while it did is not known. Nothing here asks for runs or zones, so that it is quick to
-- ask again.

create or replace view job_spans as
with jobs_now as (
    select
        known_jobs.*,
        chosen_moment() as as_of,
        coalesce(
            known_jobs.left_at,
            known_jobs.updated_at,
            known_jobs.finished_at,
            known_jobs.started_at,
            known_jobs.created_at
        ) as changed_at,
        case
            when known_jobs.left_at is not null then 'left'
            when
                known_jobs.status in (
                    'completed', 'failed', 'cancelled', 'running', 'queued'
                )
                then known_jobs.status
            else 'other'
        end as state
    from known_jobs
    where in_range(coalesce(known_jobs.created_at, known_jobs.started_at))
),

spans as (
    select
        *,
        coalesce(started_at, case when state = 'queued' then as_of end)
            as waited_until,
        coalesce(finished_at, case when state = 'running' then as_of end)
            as ran_until
    from jobs_now
)

select
    job_id,
    state,
    status,
    project_name,
    mode,
    task,
    run_id,
    created_at,
    started_at,
    finished_at,
    changed_at,
    case
        when waited_until >= created_at
            then epoch_us(waited_until) - epoch_us(created_at)
    end / 1e6 as waiting_seconds,
    case
        when ran_until >= started_at
            then epoch_us(ran_until) - epoch_us(started_at)
    end / 1e6 as running_seconds,
    error,
    logs_path
from spans;

comment on view job_spans is
'Jobs ever listed that pass the filters, with their state and how long they waited and ran. Grain: one row per job.';
comment on column job_spans.job_id is
'Job.';
comment on column job_spans.state is
'left for a job that the state file does not list any more; else completed, failed, cancelled, running, queued or other.';
comment on column job_spans.status is
'Status as last written; null where unknown.';
comment on column job_spans.project_name is
'Project; ''unknown'' where the job names none.';
comment on column job_spans.mode is
'Mode in lower case; null where unknown.';
comment on column job_spans.task is
'Task text.';
comment on column job_spans.run_id is
'Run that the job made; null where there is none yet.';
comment on column job_spans.created_at is
'Creation, UTC.';
comment on column job_spans.started_at is
'Start, UTC.';
comment on column job_spans.finished_at is
'End, UTC.';
comment on column job_spans.changed_at is
'Leaving of the file, else last change, else end, start or creation, UTC.';
comment on column job_spans.waiting_seconds is
'Seconds from creation to start, for a queued job to now; null where unknown.';
comment on column job_spans.running_seconds is
'Seconds from start to end, for a running job to now; null where unknown.';
comment on column job_spans.error is
'Error text.';
comment on column job_spans.logs_path is
'Log file as written.';

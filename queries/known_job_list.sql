-- Purpose: jobs with how long they waited and ran, and what their run cost.
-- Grain:   one row per job that passes the filters, also of those that have left the state file.
-- Units:   USD, seconds; times of the chosen zone.
-- Source:  known_jobs, in_range, runs, chosen_moment.
--
-- A job that waits or runs does so until now (chosen_moment). What became of one that left the
-- file while it did is not known.

create or replace view known_job_list as
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
    spans.job_id,
    spans.state,
    spans.status,
    spans.project_name,
    spans.mode,
    spans.task,
    spans.run_id,
    runs.run_id is not null as run_is_known,
    runs.cost_usd as run_cost_usd,
    in_zone(spans.created_at) as created,
    in_zone(spans.started_at) as started,
    in_zone(spans.finished_at) as finished,
    in_zone(spans.changed_at) as changed,
    spans.changed_at,
    case
        when spans.waited_until >= spans.created_at
            then epoch_us(spans.waited_until) - epoch_us(spans.created_at)
    end / 1e6 as waiting_seconds,
    case
        when spans.ran_until >= spans.started_at
            then epoch_us(spans.ran_until) - epoch_us(spans.started_at)
    end / 1e6 as running_seconds,
    spans.error,
    spans.logs_path
from spans
left join runs on spans.run_id = runs.run_id;

comment on view known_job_list is
'Jobs ever listed that pass the filters, with how long they waited and ran. Grain: one row per job.';
comment on column known_job_list.job_id is
'Job.';
comment on column known_job_list.state is
'left for a job that the state file does not list any more; else as in job_list.';
comment on column known_job_list.status is
'Status as last written; null where unknown.';
comment on column known_job_list.project_name is
'Project; ''unknown'' where the job names none.';
comment on column known_job_list.mode is
'Mode in lower case; null where unknown.';
comment on column known_job_list.task is
'Task text.';
comment on column known_job_list.run_id is
'Run that the job made; null where there is none yet.';
comment on column known_job_list.run_is_known is
'Whether that run is in the index.';
comment on column known_job_list.run_cost_usd is
'Cost of that run in USD; null where unknown.';
comment on column known_job_list.created is
'Creation, in the chosen zone.';
comment on column known_job_list.started is
'Start, in the chosen zone.';
comment on column known_job_list.finished is
'End, in the chosen zone.';
comment on column known_job_list.changed is
'Leaving of the file, else last change, else end, start or creation, in the chosen zone.';
comment on column known_job_list.changed_at is
'The same in UTC.';
comment on column known_job_list.waiting_seconds is
'Seconds from creation to start, for a queued job to now; null where unknown.';
comment on column known_job_list.running_seconds is
'Seconds from start to end, for a running job to now; null where unknown.';
comment on column known_job_list.error is
'Error text.';
comment on column known_job_list.logs_path is
'Log file as written.';

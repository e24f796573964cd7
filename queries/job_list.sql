-- Purpose: jobs with how long they waited and ran, and what their run cost.
-- Grain:   one row per job in job_facts.
-- Units:   USD, seconds; times of the chosen zone.
-- Source:  job_facts, runs, clock.
--
-- A job that waits or runs does so until now (clock.as_of).

create or replace view job_list as
with jobs_now as (
    select
        job_facts.*,
        clock.as_of,
        coalesce(
            job_facts.updated_at,
            job_facts.finished_at,
            job_facts.started_at,
            job_facts.created_at
        ) as changed_at,
        case
            when
                job_facts.status in (
                    'completed', 'failed', 'cancelled', 'running', 'queued'
                )
                then job_facts.status
            else 'other'
        end as state
    from job_facts
    cross join clock
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

comment on view job_list is
'Jobs that pass the filters with how long they waited and ran. Grain: one row per job.';
comment on column job_list.job_id is
'Job.';
comment on column job_list.state is
'completed, failed, cancelled, running, queued, or other for any further or missing status.';
comment on column job_list.status is
'Status as written; null where unknown.';
comment on column job_list.project_name is
'Project; ''unknown'' where the job names none.';
comment on column job_list.mode is
'Mode in lower case; null where unknown.';
comment on column job_list.task is
'Task text.';
comment on column job_list.run_id is
'Run that the job made; null where there is none yet.';
comment on column job_list.run_is_known is
'Whether that run is in the index.';
comment on column job_list.run_cost_usd is
'Cost of that run in USD; null where unknown.';
comment on column job_list.created is
'Creation, in the chosen zone.';
comment on column job_list.started is
'Start, in the chosen zone.';
comment on column job_list.finished is
'End, in the chosen zone.';
comment on column job_list.changed is
'Last change, else end, start or creation, in the chosen zone.';
comment on column job_list.changed_at is
'The same in UTC.';
comment on column job_list.waiting_seconds is
'Seconds from creation to start, for a queued job to now; null where unknown.';
comment on column job_list.running_seconds is
'Seconds from start to end, for a running job to now; null where unknown.';
comment on column job_list.error is
'Error text.';
comment on column job_list.logs_path is
'Log file as written.';

-- Purpose: the status changes of jobs, and how long each status lasted.
-- Grain:   job × change that a pass has seen, of the jobs in known_job_list.
-- Units:   seconds; times of the chosen zone.
-- Source:  job_events, known_jobs, in_range, clock.
--
-- A change has the time that the job states, else the one at which it was seen.

create or replace view job_history as
with changes as (
    select
        job_events.job_id,
        known_jobs.project_name,
        job_events.previous_status,
        job_events.status,
        coalesce(job_events.changed_at, job_events.seen_at) as changed_at,
        job_events.seen_at,
        row_number() over (
            partition by job_events.job_id
            order by job_events.seen_at
        ) as step
    from job_events
    inner join known_jobs on job_events.job_id = known_jobs.job_id
    where in_range(coalesce(known_jobs.created_at, known_jobs.started_at))
),

followed as (
    select
        *,
        lead(changed_at) over (
            partition by job_id
            order by step
        ) as ended_at
    from changes
)

select
    job_id,
    project_name,
    step,
    previous_status,
    status,
    in_zone(changed_at) as changed,
    in_zone(seen_at) as seen,
    case
        when ended_at >= changed_at
            then epoch_us(ended_at) - epoch_us(changed_at)
    end / 1e6 as lasted_seconds
from followed;

comment on view job_history is
'Status changes of the jobs that pass the filters, also of those that left the file. Grain: job × change.';
comment on column job_history.job_id is
'Job.';
comment on column job_history.project_name is
'Project of the job.';
comment on column job_history.step is
'Place among the changes of the job, from 1.';
comment on column job_history.previous_status is
'Status before; null when the job was first seen.';
comment on column job_history.status is
'Status after; null when the job left the file.';
comment on column job_history.changed is
'When it changed as the job says, else when it was seen, in the chosen zone.';
comment on column job_history.seen is
'When the indexer saw it, in the chosen zone.';
comment on column job_history.lasted_seconds is
'Seconds until the next change; null for the last one.';

-- Rule: A job's status is that of its newest event.
-- Returns the rows that break it.

with latest as (
    select
        job_id,
        arg_max(coalesce(status, ''), rowid) as status
    from job_events
    group by job_id
)

select
    jobs.job_id,
    jobs.status,
    latest.status as event_status
from jobs
left join latest on jobs.job_id = latest.job_id
where
    jobs.removed_at is null
    and (
        latest.job_id is null
        or latest.status != coalesce(jobs.status, '')
    );

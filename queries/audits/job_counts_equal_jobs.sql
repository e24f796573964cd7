-- Rule: The counts of jobs are those of the listed jobs, and of those that have left the list.
-- Returns the rows that break it.

with listed as (
    select
        count(*) as jobs,
        count(*) filter (where status = 'completed') as completed,
        count(*) filter (where status = 'failed') as failed
    from job_facts
),

gone as (
    select count(*) as jobs from known_jobs
    where
        left_at is not null
        and in_range(coalesce(created_at, started_at))
)

select job_summary.*
from job_summary
cross join listed
cross join gone
where
    job_summary.total_jobs != listed.jobs
    or job_summary.jobs_completed != listed.completed
    or job_summary.jobs_failed != listed.failed
    or job_summary.jobs_left != gone.jobs;

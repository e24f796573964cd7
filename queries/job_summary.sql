-- Purpose: jobs by status.
-- Grain:   exactly one row.
-- Units:   jobs.
-- Source:  job_facts, known_jobs, in_range. Status is the latest known, whatever as_of is.

create or replace view job_summary as
with gone as (
    select count(*) as jobs_left from known_jobs
    where
        left_at is not null
        and in_range(coalesce(created_at, started_at))
)

select
    count(*) as total_jobs,
    count(*) filter (where status = 'completed') as jobs_completed,
    count(*) filter (where status = 'failed') as jobs_failed,
    count(*) filter (where status = 'cancelled') as jobs_cancelled,
    count(*) filter (where status = 'running') as jobs_running,
    count(*) filter (where status = 'queued') as jobs_queued,
    count(*) filter (
        where
        status is null
        or status not in (
            'completed', 'failed', 'cancelled', 'running', 'queued'
        )
    ) as jobs_other,
    (select gone.jobs_left from gone) as jobs_left
from job_facts;

comment on view job_summary is
'Jobs by status. Grain: one row.';
comment on column job_summary.total_jobs is
'Jobs that the state file lists.';
comment on column job_summary.jobs_completed is
'Finished jobs.';
comment on column job_summary.jobs_failed is
'Jobs that ended with an error.';
comment on column job_summary.jobs_cancelled is
'Jobs that were cancelled.';
comment on column job_summary.jobs_running is
'Jobs at work.';
comment on column job_summary.jobs_queued is
'Jobs that wait.';
comment on column job_summary.jobs_other is
'Jobs with no status or one of another name.';
comment on column job_summary.jobs_left is
'Jobs that the state file does not list any more; in no other count.';

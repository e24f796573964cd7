-- Purpose: jobs by status.
-- Grain:   exactly one row.
-- Units:   jobs.
-- Source:  known_jobs, in_range. Status is the latest known, whatever as_of is.
--
-- Listed jobs are those of job_facts; they are counted beside those that have left the state file,
-- so that the jobs are read and the reading is planned once.

create or replace view job_summary as
with known as (
    select
        status,
        left_at is null as is_listed
    from known_jobs
    where in_range(coalesce(created_at, started_at))
)

select
    count(*) filter (where is_listed) as total_jobs,
    count(*) filter (where is_listed and status = 'completed') as jobs_completed,
    count(*) filter (where is_listed and status = 'failed') as jobs_failed,
    count(*) filter (where is_listed and status = 'cancelled') as jobs_cancelled,
    count(*) filter (where is_listed and status = 'running') as jobs_running,
    count(*) filter (where is_listed and status = 'queued') as jobs_queued,
    count(*) filter (
        where is_listed
        and (
            status is null
            or status not in (
                'completed', 'failed', 'cancelled', 'running', 'queued'
            )
        )
    ) as jobs_other,
    count(*) filter (where not is_listed) as jobs_left
from known;

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

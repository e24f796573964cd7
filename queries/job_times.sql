-- Purpose: how long jobs wait and run.
-- Grain:   exactly one row.
-- Units:   seconds; jobs.
-- Source:  job_spans, of jobs that the state file lists: waiting of those that have started,
--          running of those that have ended.

create or replace view job_times as
select
    count(waiting_seconds) filter (where started_at is not null) as waited_jobs,
    median(waiting_seconds) filter (where started_at is not null)
        as waiting_p50_seconds,
    quantile_cont(waiting_seconds, 0.95) filter (where started_at is not null)
        as waiting_p95_seconds,
    count(running_seconds) filter (where finished_at is not null) as ran_jobs,
    median(running_seconds) filter (where finished_at is not null)
        as running_p50_seconds,
    quantile_cont(running_seconds, 0.95) filter (where finished_at is not null)
        as running_p95_seconds
from job_spans
where state != 'left';

comment on view job_times is
'How long jobs waited before they started and ran before they ended. Grain: one row.';
comment on column job_times.waited_jobs is
'Jobs with a known creation and start.';
comment on column job_times.waiting_p50_seconds is
'Half of them waited for at most so many seconds; null where there are none.';
comment on column job_times.waiting_p95_seconds is
'95 % of them waited for at most so many seconds.';
comment on column job_times.ran_jobs is
'Jobs with a known start and end.';
comment on column job_times.running_p50_seconds is
'Half of them ran for at most so many seconds; null where there are none.';
comment on column job_times.running_p95_seconds is
'95 % of them ran for at most so many seconds.';

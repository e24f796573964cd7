-- Purpose: jobs with how long they waited and ran, and what their run cost.
-- Grain:   one row per job that passes the filters, also of those that have left the state file.
-- Units:   USD, seconds; times of the chosen zone.
-- Source:  job_spans, runs, in_zone.

create or replace view known_job_list as
select
    job_spans.job_id,
    job_spans.state,
    job_spans.status,
    job_spans.project_name,
    job_spans.mode,
    job_spans.task,
    job_spans.run_id,
    runs.run_id is not null as run_is_known,
    runs.cost_usd as run_cost_usd,
    in_zone(job_spans.created_at) as created,
    in_zone(job_spans.started_at) as started,
    in_zone(job_spans.finished_at) as finished,
    in_zone(job_spans.changed_at) as changed,
    job_spans.changed_at,
    job_spans.waiting_seconds,
    job_spans.running_seconds,
    job_spans.error,
    job_spans.logs_path
from job_spans
left join runs on job_spans.run_id = runs.run_id;

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

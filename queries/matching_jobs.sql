-- Purpose: the jobs that count.
-- Grain:   one row per job that the state file lists and that passes every filter but the range.
-- Units:   UTC.
-- Source:  known_jobs.

create or replace view matching_jobs as
select * exclude (left_at) from known_jobs
where left_at is null;

comment on view matching_jobs is
'Jobs that count at the moment of clock and pass every filter but the range. Grain: one row per job.';
comment on column matching_jobs.job_id is
'Job.';
comment on column matching_jobs.status is
'Status as written; null where unknown.';
comment on column matching_jobs.run_id is
'Run that the job made; null where there is none yet.';
comment on column matching_jobs.project_name is
'Project; ''unknown'' where the job names none.';
comment on column matching_jobs.mode is
'Mode in lower case; null where unknown.';
comment on column matching_jobs.task is
'Task text.';
comment on column matching_jobs.created_at is
'Creation, UTC.';
comment on column matching_jobs.updated_at is
'Last change, UTC.';
comment on column matching_jobs.started_at is
'Start, UTC.';
comment on column matching_jobs.finished_at is
'End, UTC.';
comment on column matching_jobs.error is
'Error text.';
comment on column matching_jobs.logs_path is
'Log file as written.';

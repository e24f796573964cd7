-- Purpose: the jobs that figures are made of.
-- Grain:   one row per job that the state file lists and that passes the filters.
-- Units:   UTC.
-- Source:  matching_jobs, in_range.
--
-- The range cuts by a job's creation, else its start; a job with neither is in none.

create or replace view job_facts as
select * from matching_jobs
where in_range(coalesce(created_at, started_at));

comment on view job_facts is
'Jobs that count at the moment of clock and pass the filters. Grain: one row per job.';
comment on column job_facts.job_id is
'Job.';
comment on column job_facts.status is
'Status as written; null where unknown.';
comment on column job_facts.run_id is
'Run that the job made; null where there is none yet.';
comment on column job_facts.project_name is
'Project; ''unknown'' where the job names none.';
comment on column job_facts.mode is
'Mode in lower case; null where unknown.';
comment on column job_facts.task is
'Task text.';
comment on column job_facts.created_at is
'Creation, UTC.';
comment on column job_facts.updated_at is
'Last change, UTC.';
comment on column job_facts.started_at is
'Start, UTC.';
comment on column job_facts.finished_at is
'End, UTC.';
comment on column job_facts.error is
'Error text.';
comment on column job_facts.logs_path is
'Log file as written.';

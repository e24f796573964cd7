-- Purpose: jobs with how long they waited and ran, and what their run cost.
-- Grain:   one row per job in job_facts.
-- Units:   USD, seconds; times of the chosen zone.
-- Source:  known_job_list.

create or replace view job_list as
select * from known_job_list
where state != 'left';

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

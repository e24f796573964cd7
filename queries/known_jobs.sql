-- Purpose: the jobs that were ever listed, also those that have left the state file.
-- Grain:   one row per job that passes every filter but the range.
-- Units:   UTC.
-- Source:  narrowed_jobs where a model, role, QA status or outcome is asked for, else chosen_jobs.
--
-- A job has a project, a mode and a task of its own. Model, role, QA and outcome are
-- those of its run, so a job without a run passes no filter of these.
--
-- Named at the last moment, as what matching_runs reads (docs/decisions/0036).

create or replace view known_jobs as
select *
from query_table(
    case
        when
            parts_are_asked()
            or coalesce(
                getvariable('qa')::varchar, getvariable('statuses')::varchar
            ) is not null
            then 'narrowed_jobs'
        else 'chosen_jobs'
    end
);

comment on view known_jobs is
'Jobs ever listed that pass every filter but the range; figures count matching_jobs. Grain: one row per job.';
comment on column known_jobs.job_id is
'Job.';
comment on column known_jobs.status is
'Status as written; null where unknown.';
comment on column known_jobs.run_id is
'Run that the job made; null where there is none yet.';
comment on column known_jobs.project_name is
'Project; ''unknown'' where the job names none.';
comment on column known_jobs.mode is
'Mode in lower case; null where unknown.';
comment on column known_jobs.task is
'Task text.';
comment on column known_jobs.created_at is
'Creation, UTC.';
comment on column known_jobs.updated_at is
'Last change, UTC.';
comment on column known_jobs.started_at is
'Start, UTC.';
comment on column known_jobs.finished_at is
'End, UTC.';
comment on column known_jobs.error is
'Error text.';
comment on column known_jobs.logs_path is
'Log file as written.';
comment on column known_jobs.left_at is
'Since when the state file does not list the job any more, UTC; null while it does.';

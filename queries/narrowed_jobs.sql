-- Purpose: the jobs whose run passes the filters of runs that a job has nothing of.
-- Grain:   one row per job.
-- Units:   UTC.
-- Source:  chosen_jobs, chosen_runs, model_parts, session variables (see passes_filter).
--
-- Only where one of them is asked for; see known_jobs. Of models and roles only the parts of the jobs'
-- own runs are looked up.

create or replace view narrowed_jobs as
with runs_of_jobs as (
    select
        chosen_runs.run_id,
        chosen_runs.run_key
    from chosen_runs
    semi join chosen_jobs on chosen_runs.run_id = chosen_jobs.run_id
    where parts_are_asked()
)

select chosen_jobs.*
from chosen_jobs
semi join chosen_runs on chosen_jobs.run_id = chosen_runs.run_id
where not parts_are_asked()
union all
select chosen_jobs.*
from chosen_jobs
semi join
    (
        select runs_of_jobs.run_id
        from runs_of_jobs
        semi join model_parts on runs_of_jobs.run_key = model_parts.run_key
    ) as users
    on chosen_jobs.run_id = users.run_id;

comment on view narrowed_jobs is
'Jobs whose run passes the filters by model, role, QA and outcome. Grain: one row per job.';
comment on column narrowed_jobs.job_id is
'Job.';
comment on column narrowed_jobs.status is
'Status as written; null where unknown.';
comment on column narrowed_jobs.run_id is
'Run that the job made; null where there is none yet.';
comment on column narrowed_jobs.project_name is
'Project; ''unknown'' where the job names none.';
comment on column narrowed_jobs.mode is
'Mode in lower case; null where unknown.';
comment on column narrowed_jobs.task is
'Task text.';
comment on column narrowed_jobs.created_at is
'Creation, UTC.';
comment on column narrowed_jobs.updated_at is
'Last change, UTC.';
comment on column narrowed_jobs.started_at is
'Start, UTC.';
comment on column narrowed_jobs.finished_at is
'End, UTC.';
comment on column narrowed_jobs.error is
'Error text.';
comment on column narrowed_jobs.logs_path is
'Log file as written.';
comment on column narrowed_jobs.left_at is
'Since when the state file does not list the job any more, UTC; null while it does.';

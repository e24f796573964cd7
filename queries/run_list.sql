-- Purpose: the runs that count, with everything that files to hand on say of each.
-- Grain:   one row per run in run_facts.
-- Units:   USD, tokens, seconds; UTC, the month that of the chosen zone.
-- Source:  run_facts, runs.
--
-- Under a model or role filter calls, tokens and cost are those of the part that counts,
-- as in run_facts; what belongs to the run as a whole stays.

create or replace view run_list as
select
    run_facts.run_id,
    run_facts.project_name,
    run_facts.mode,
    runs.task,
    run_facts.started_at,
    run_facts.finished_at,
    run_facts.duration_seconds,
    run_facts.qa_status,
    run_facts.final_status,
    run_facts.rounds_completed,
    runs.max_rounds,
    run_facts.calls,
    run_facts.input_tokens,
    run_facts.output_tokens,
    run_facts.total_tokens,
    run_facts.tokens_redacted,
    run_facts.cost_usd,
    run_facts.estimated_cost_usd,
    runs.max_cost_usd,
    runs.safety_status,
    run_facts.stale_since,
    run_facts.source_missing_since,
    runs.source_path,
    strftime(in_zone(run_facts.started_at), '%Y-%m') as month
from run_facts
inner join runs on run_facts.run_key = runs.run_key;

comment on view run_list is
'The runs that count, with what files to hand on say of each. Grain: one row per run.';
comment on column run_list.run_id is
'Run.';
comment on column run_list.project_name is
'Project.';
comment on column run_list.mode is
'Mode in lower case; null where unknown.';
comment on column run_list.task is
'Task text, at most 10,000 characters.';
comment on column run_list.started_at is
'Start, UTC; null where unknown.';
comment on column run_list.finished_at is
'End, UTC; null where unknown.';
comment on column run_list.duration_seconds is
'End minus start in seconds; null where either is unknown or the end lies before the start.';
comment on column run_list.qa_status is
'QA outcome; null where QA did not run.';
comment on column run_list.final_status is
'Outcome as written; null where unknown.';
comment on column run_list.rounds_completed is
'Rounds done; null where unknown.';
comment on column run_list.max_rounds is
'Rounds allowed; null where unknown.';
comment on column run_list.calls is
'Model calls of the part that counts; null where unknown.';
comment on column run_list.input_tokens is
'Prompt tokens of the part that counts; null where unknown.';
comment on column run_list.output_tokens is
'Completion tokens of the part that counts; null where unknown.';
comment on column run_list.total_tokens is
'Tokens of the part that counts; null where unknown.';
comment on column run_list.tokens_redacted is
'Whether token counts were removed by a sanitizer.';
comment on column run_list.cost_usd is
'Cost in USD of the part that counts; null where unknown.';
comment on column run_list.estimated_cost_usd is
'Cost in USD that was estimated before the run; null where unknown.';
comment on column run_list.max_cost_usd is
'Cost cap of the run in USD; null where unknown.';
comment on column run_list.safety_status is
'Outcome of the safety check as written; null where unknown.';
comment on column run_list.stale_since is
'Since when the file is unreadable, UTC.';
comment on column run_list.source_missing_since is
'Since when the file is gone, UTC.';
comment on column run_list.source_path is
'File that the run was read from, relative to the root.';
comment on column run_list.month is
'Month of the start in the chosen zone, YYYY-MM; null where the start is unknown.';

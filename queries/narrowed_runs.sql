-- Purpose: the runs that used a model or role that is asked for, with the part that it has of each.
-- Grain:   one row per run that passes every filter but the range.
-- Units:   USD, UTC.
-- Source:  chosen_runs, model_parts.
--
-- Of tokens and cost only that part is kept; what belongs to the run as a whole (times, mode, QA,
-- outcome, the estimate) stays. One model has one part of a run, and one role but for runs in
-- which it used several models: where nothing need be summed it takes half of the time at a million
-- runs.

create or replace view narrowed_runs as
with single as (
    select * exclude (model, is_split) from model_parts
    where
        (one_model_is_asked() or one_role_is_asked())
        and not is_split
),

several as (
    select * exclude (model, is_split) from model_parts
    where
        not one_model_is_asked()
        and (is_split or not one_role_is_asked())
),

parts as (
    select * from single
    union all
    select
        run_key,
        sum_or_unknown(calls)::bigint as calls,
        sum_or_unknown(input_tokens)::bigint as input_tokens,
        sum_or_unknown(output_tokens)::bigint as output_tokens,
        sum_or_unknown(total_tokens)::bigint as total_tokens,
        sum_or_unknown(cost_usd)::decimal(18, 12) as cost_usd
    from several
    group by run_key
)

select
    chosen_runs.* replace (
        parts.calls as calls,
        parts.input_tokens as input_tokens,
        parts.output_tokens as output_tokens,
        parts.total_tokens as total_tokens,
        parts.cost_usd as cost_usd
    )
from chosen_runs
inner join parts on chosen_runs.run_key = parts.run_key;

comment on view narrowed_runs is
'Runs that used a model or role that is asked for, with its part of them. Grain: one row per run.';
comment on column narrowed_runs.run_id is
'Run.';
comment on column narrowed_runs.run_key is
'Number of the run, as runs.run_key.';
comment on column narrowed_runs.project_name is
'Project.';
comment on column narrowed_runs.mode is
'Mode in lower case; null where unknown.';
comment on column narrowed_runs.started_at is
'Start, UTC; null where unknown.';
comment on column narrowed_runs.finished_at is
'End, UTC; null where unknown.';
comment on column narrowed_runs.qa_status is
'QA outcome; null where QA did not run.';
comment on column narrowed_runs.final_status is
'Outcome as written; null where unknown.';
comment on column narrowed_runs.rounds_completed is
'Rounds done; null where unknown.';
comment on column narrowed_runs.estimated_cost_usd is
'Cost in USD that was estimated before the run; null where unknown.';
comment on column narrowed_runs.calls is
'Model calls of the part that counts; null where unknown.';
comment on column narrowed_runs.input_tokens is
'Prompt tokens of the part that counts; null where unknown.';
comment on column narrowed_runs.output_tokens is
'Completion tokens of the part that counts; null where unknown.';
comment on column narrowed_runs.total_tokens is
'Tokens of the part that counts; null where unknown.';
comment on column narrowed_runs.cost_usd is
'Cost in USD of the part that counts; null where unknown.';
comment on column narrowed_runs.tokens_redacted is
'Whether token counts were removed by a sanitizer.';
comment on column narrowed_runs.stale_since is
'Since when the file is unreadable, UTC.';
comment on column narrowed_runs.source_missing_since is
'Since when the file is gone, UTC.';

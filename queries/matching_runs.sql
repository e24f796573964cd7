-- Purpose: the runs that count, with their part under a model or role filter.
-- Grain:   one row per run that passes every filter but the range.
-- Units:   USD, seconds, UTC.
-- Source:  chosen_runs, session variables (see passes_filter); model_parts.
--
-- A model or role filter keeps the runs that used one, and of those only that part
-- of tokens and cost; what belongs to the run as a whole (times, mode, QA, outcome,
-- the estimate) stays. The branch that is not asked for is dropped by the optimizer, which
-- needs its condition above the join for that. One model has one part of a run, and one
-- role but for runs in which it used several models: where nothing need be summed it takes half of
-- the time at a million runs.

create or replace view matching_runs as
with asked as (
    select * exclude (model) from model_parts
    where
        getvariable('models') is not null
        or getvariable('roles') is not null
),

single as (
    select * exclude (is_split) from asked
    where
        (one_model_is_asked() or one_role_is_asked())
        and not is_split
),

several as (
    select * exclude (is_split) from asked
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
),

narrowed as (
    select *
    from chosen_runs
    where getvariable('models') is null and getvariable('roles') is null
    union all
    select
        chosen_runs.* replace (
            parts.calls as calls,
            parts.input_tokens as input_tokens,
            parts.output_tokens as output_tokens,
            parts.total_tokens as total_tokens,
            parts.cost_usd as cost_usd
        )
    from chosen_runs
    inner join parts on chosen_runs.run_key = parts.run_key
    where
        getvariable('models') is not null
        or getvariable('roles') is not null
)

select
    *,
    case
        when finished_at >= started_at
            then epoch_us(finished_at) - epoch_us(started_at)
    end / 1e6 as duration_seconds
from narrowed;

comment on view matching_runs is
'Runs that pass every filter but the range, with the part that the model and role filters leave. Grain: one row per run.';
comment on column matching_runs.run_id is
'Run.';
comment on column matching_runs.run_key is
'Number of the run, as runs.run_key.';
comment on column matching_runs.project_name is
'Project.';
comment on column matching_runs.mode is
'Mode in lower case; null where unknown.';
comment on column matching_runs.started_at is
'Start, UTC; null where unknown.';
comment on column matching_runs.finished_at is
'End, UTC; null where unknown.';
comment on column matching_runs.qa_status is
'QA outcome; null where QA did not run.';
comment on column matching_runs.final_status is
'Outcome as written; null where unknown.';
comment on column matching_runs.rounds_completed is
'Rounds done; null where unknown.';
comment on column matching_runs.estimated_cost_usd is
'Cost in USD that was estimated before the run; null where unknown.';
comment on column matching_runs.calls is
'Model calls of the part that counts; null where unknown.';
comment on column matching_runs.input_tokens is
'Prompt tokens of the part that counts; null where unknown.';
comment on column matching_runs.output_tokens is
'Completion tokens of the part that counts; null where unknown.';
comment on column matching_runs.total_tokens is
'Tokens of the part that counts; null where unknown.';
comment on column matching_runs.cost_usd is
'Cost in USD of the part that counts; null where unknown.';
comment on column matching_runs.tokens_redacted is
'Whether token counts were removed by a sanitizer.';
comment on column matching_runs.stale_since is
'Since when the file is unreadable, UTC.';
comment on column matching_runs.source_missing_since is
'Since when the file is gone, UTC.';
comment on column matching_runs.duration_seconds is
'End minus start in seconds; null where either is unknown or the end lies before the start.';

-- Purpose: the runs that count, with their part under a model or role filter.
-- Grain:   one row per run that passes every filter but the range.
-- Units:   USD, seconds, UTC.
-- Source:  narrowed_runs where a model or a role is asked for, else chosen_runs; session variables
--          (see passes_filter).
--
-- Sums of doubles follow the order in which threads meet the rows, so durations are summed as whole
-- numbers (docs/decisions/0027).
--
-- Named at the last moment, because every figure mentions this view, and planning both and leaving
-- one out takes five times as long (docs/decisions/0036).

create or replace view matching_runs as
with timed as (
    select
        *,
        case
            when finished_at >= started_at
                then epoch_us(finished_at) - epoch_us(started_at)
        end as duration_microseconds
    from query_table(
        case when parts_are_asked() then 'narrowed_runs' else 'chosen_runs' end
    )
)

select
    *,
    duration_microseconds / 1e6 as duration_seconds
from timed;

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
comment on column matching_runs.duration_microseconds is
'Duration as a whole number, of which sums and means are exact; null as duration_seconds.';
comment on column matching_runs.duration_seconds is
'End minus start in seconds; null where either is unknown or the end lies before the start.';

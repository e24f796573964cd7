-- Purpose: what is unknown of the runs that count, value by value.
-- Grain:   one row per value that figures need.
-- Units:   runs; share from 0 to 1, null where there are no runs.
-- Source:  run_facts.

create or replace view unknown_values as
with counted as (
    select
        count(*) as runs,
        count(*) filter (where total_tokens is null) as tokens,
        count(*) filter (where tokens_redacted) as redacted,
        count(*) filter (where cost_usd is null) as cost,
        count(*) filter (where started_at is null) as start,
        count(*) filter (where finished_at is null) as finish,
        count(*) filter (where duration_seconds is null) as duration,
        count(*) filter (where qa_status is null) as qa,
        count(*) filter (where mode is null) as mode,
        count(*) filter (where final_status is null) as outcome,
        count(*) filter (where estimated_cost_usd is null) as estimate
    from run_facts
),

listed as (
    unpivot counted
    on tokens, redacted, cost, start, finish, duration, qa, mode, outcome, estimate
    into name value_name value unknown_runs
)

select
    value_name,
    unknown_runs,
    runs,
    unknown_runs::double / nullif(runs, 0) as unknown_share
from listed;

comment on view unknown_values is
'Of how many runs each value is unknown. Grain: value.';
comment on column unknown_values.value_name is
'tokens, redacted (tokens that a sanitizer removed), cost, start, finish, duration, qa, mode, outcome, estimate.';
comment on column unknown_values.unknown_runs is
'Runs that lack it.';
comment on column unknown_values.runs is
'Runs that count.';
comment on column unknown_values.unknown_share is
'The one through the other; null where there are no runs.';

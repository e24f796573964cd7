-- Purpose: how runs ended, and what that cost.
-- Grain:   one row per outcome, most runs first.
-- Units:   runs, USD.
-- Source:  run_facts.

create or replace view outcome_summary as
with by_status as (
    select
        final_status,
        count(*) as runs,
        sum(cost_usd) as cost,
        count(*) - count(cost_usd) as cost_unknown_runs
    from run_facts
    group by final_status
)

select
    coalesce(final_status, 'unknown') as outcome,
    any_value(is_finished(final_status)) as finished,
    sum(runs)::bigint as runs,
    sum(runs) / sum(sum(runs)) over () as run_share,
    coalesce(sum(cost), 0)::decimal(38, 12) as cost,
    sum(cost_unknown_runs)::bigint as cost_unknown_runs
from by_status
group by coalesce(final_status, 'unknown')
order by runs desc, outcome asc;

comment on view outcome_summary is
'Runs by outcome. Grain: one row per final status.';
comment on column outcome_summary.outcome is
'Final status as written; ''unknown'' where a run has none.';
comment on column outcome_summary.finished is
'Whether runs that ended so came to their end; null where the outcome is unknown.';
comment on column outcome_summary.runs is
'Runs.';
comment on column outcome_summary.run_share is
'Part of all runs, from 0 to 1.';
comment on column outcome_summary.cost is
'Cost in USD where known.';
comment on column outcome_summary.cost_unknown_runs is
'Runs that cost leaves out.';

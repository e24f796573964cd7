-- Purpose: how many runs a list holds, and their cost, without any other figure.
-- Grain:   exactly one row.
-- Units:   runs, USD.
-- Source:  run_facts. An audit holds it equal to overall_summary.

create or replace view run_totals as
select
    count(*) as total_runs,
    coalesce(sum(cost_usd), 0)::decimal(38, 12) as total_cost,
    count(*) filter (where cost_usd is null) as cost_unknown_runs
from run_facts;

comment on view run_totals is
'Number and cost of the runs that count. Grain: one row.';
comment on column run_totals.total_runs is
'Runs that count.';
comment on column run_totals.total_cost is
'Their cost in USD, as far as it is known.';
comment on column run_totals.cost_unknown_runs is
'Runs whose cost is unknown.';

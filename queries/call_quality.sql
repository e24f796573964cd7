-- Purpose: how the cost of the calls of other tools is known.
-- Grain:   exactly one row.
-- Units:   calls, runs.
-- Source:  call_costs.
--
-- All calls, whatever is filtered.

create or replace view call_quality as
select
    count(*) as calls,
    count(*) filter (where cost_basis = 'measured') as measured_calls,
    count(*) filter (where cost_basis = 'computed') as computed_calls,
    count(*) filter (where cost_basis is null) as unpriced_calls,
    count(distinct run_id) filter (where cost_basis = 'computed') as computed_runs,
    count(distinct run_id) filter (where cost_basis is null) as unpriced_runs
from call_costs;

comment on view call_quality is
'How the cost of the calls of other tools is known. Grain: one row.';
comment on column call_quality.calls is
'Calls, each counted once.';
comment on column call_quality.measured_calls is
'Those whose record states the cost.';
comment on column call_quality.computed_calls is
'Those whose cost is computed from the price table.';
comment on column call_quality.unpriced_calls is
'Those whose cost is unknown.';
comment on column call_quality.computed_runs is
'Runs with a call whose cost is computed.';
comment on column call_quality.unpriced_runs is
'Runs with a call whose cost is unknown.';

-- Purpose: a change of cost as the sum of what drove it.
-- Grain:   table macro: exactly one row.
-- Units:   USD; a minus b.
-- Source:  cost_drivers.

create or replace macro driver_totals(
    dimension, a, b, a_first, a_last, b_first, b_last
) as table
    select
        coalesce(sum(a_cost), 0)::decimal(38, 12) as a_cost,
        coalesce(sum(b_cost), 0)::decimal(38, 12) as b_cost,
        coalesce(sum(change), 0)::decimal(38, 12) as change,
        coalesce(sum(more_runs), 0)::decimal(38, 12) as more_runs,
        coalesce(sum(more_tokens), 0)::decimal(38, 12) as more_tokens,
        coalesce(sum(dearer_tokens), 0)::decimal(38, 12) as dearer_tokens,
        coalesce(sum(dearer_runs), 0)::decimal(38, 12) as dearer_runs,
        count(*) as parts
    from cost_drivers(dimension, a, b, a_first, a_last, b_first, b_last);

comment on macro table driver_totals is  -- noqa: PRS
'A change of cost and its four contributions. Grain: one row.';

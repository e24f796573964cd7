-- Purpose: a change of cost as the sum of what drove it.
-- Grain:   table macro: exactly one row.
-- Units:   USD; a minus b.
-- Source:  drivers_and_total.

create or replace macro driver_totals(
    dimension, a, b, a_first, a_last, b_first, b_last
) as table
    select
        a_cost,
        b_cost,
        change,
        more_runs,
        more_tokens,
        dearer_tokens,
        dearer_runs,
        parts
    from drivers_and_total(dimension, a, b, a_first, a_last, b_first, b_last)
    where parts is not null;

comment on macro table driver_totals is  -- noqa: PRS
'A change of cost and its four contributions. Grain: one row.';

-- Purpose: what drove a change of cost, and the change, asked for once.
-- Grain:   table macro: one row for all, which has `parts`, then project × model × role, the
--          largest change first.
-- Units:   USD; a minus b.
-- Source:  cost_drivers.

create or replace macro drivers_and_total(
    dimension, a, b, a_first, a_last, b_first, b_last
) as table
    with drivers as materialized (
        select * from cost_drivers(dimension, a, b, a_first, a_last, b_first, b_last)
    ),

    total as (
        select
            coalesce(sum(a_cost), 0)::decimal(38, 12) as a_cost,
            coalesce(sum(b_cost), 0)::decimal(38, 12) as b_cost,
            coalesce(sum(change), 0)::decimal(38, 12) as change,
            coalesce(sum(more_runs), 0)::decimal(38, 12) as more_runs,
            coalesce(sum(more_tokens), 0)::decimal(38, 12) as more_tokens,
            coalesce(sum(dearer_tokens), 0)::decimal(38, 12) as dearer_tokens,
            coalesce(sum(dearer_runs), 0)::decimal(38, 12) as dearer_runs,
            count(*) as parts
        from drivers
    ),

    both_of_them as (
        select * from total
        union all by name
        select * from drivers
    )

    select * from both_of_them
    order by
        parts nulls last,
        abs(change) desc,
        project_name asc,
        model asc nulls last,
        role asc nulls last;

comment on macro table drivers_and_total is  -- noqa: PRS
'A change of cost and its four contributions, then those of each project × model × role. Grain: one row with parts, then one per part.';

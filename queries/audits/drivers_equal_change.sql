-- Rule: The contributions sum to each part's change, and the changes to that of the cost.
-- Returns the rows that break it.

with wrong_parts as (
    select
        project_name as place,
        change,
        more_runs + more_tokens + dearer_tokens + dearer_runs as contributions
    from period_drivers
    where
        change != more_runs + more_tokens + dearer_tokens + dearer_runs
        or change != a_cost - b_cost
),

changes as (
    select coalesce(sum(change), 0) as change from period_drivers
),

costs as (
    select
        coalesce(
            sum(matching_runs.cost_usd) filter (
                where matching_runs.started_at >= clock.series_start
            ), 0
        ) - coalesce(
            sum(matching_runs.cost_usd) filter (
                where matching_runs.started_at < clock.series_start
            ), 0
        ) as change
    from matching_runs
    cross join clock
    where
        (
            matching_runs.started_at >= clock.series_start
            and matching_runs.started_at < clock.series_end
        )
        or (
            matching_runs.started_at >= clock.previous_start
            and matching_runs.started_at < clock.previous_end
        )
)

select
    place,
    change,
    contributions
from wrong_parts
union all
select
    'all of it' as place,
    costs.change,
    changes.change as contributions
from costs
cross join changes
where costs.change != changes.change;

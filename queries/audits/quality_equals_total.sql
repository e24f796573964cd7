-- Rule: Costs by project and by mode, and by class over time, sum to the cost of the runs.
-- Returns the rows that break it.

with sums as (
    select
        'all' as part,
        sum(cost) as cost
    from quality_costs('all')
    union all
    select
        'project' as part,
        sum(cost) as cost
    from quality_costs('project')
    union all
    select
        'mode' as part,
        sum(cost) as cost
    from quality_costs('mode')
    union all
    select
        'rounds' as part,
        sum(cost) as cost
    from rounds_summary
),

days as (
    select
        sum(
            passed_cost
            + warning_cost
            + failed_cost
            + error_cost
            + not_run_cost
            + other_cost
            + not_finished_cost
        ) as cost
    from quality_series
),

series as (
    select sum(cost) as cost from timeseries_daily
)

select
    sums.part,
    sums.cost,
    overall_summary.total_cost
from sums
cross join overall_summary
where coalesce(sums.cost, 0) != overall_summary.total_cost
union all
select
    'days' as part,
    days.cost,
    series.cost as total_cost
from days
cross join series
where days.cost != series.cost;

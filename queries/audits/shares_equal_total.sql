-- Rule: Shares by model, cost by role and runs by outcome each sum to the total.
-- Returns the rows that break it.

with sums as (
    select
        'model_shares' as view_name,
        coalesce(sum(cost), 0) as cost,
        null as runs
    from model_shares
    union all
    select
        'role_summary' as view_name,
        coalesce(sum(cost), 0) as cost,
        null as runs
    from role_summary
    union all
    select
        'outcome_summary' as view_name,
        coalesce(sum(cost), 0) as cost,
        coalesce(sum(runs), 0) as runs
    from outcome_summary
)

select
    sums.view_name,
    sums.cost,
    sums.runs,
    overall_summary.total_cost,
    overall_summary.total_runs
from sums
cross join overall_summary
where
    sums.cost != overall_summary.total_cost
    or sums.runs != overall_summary.total_runs;

-- Rule: The list of runs and the overview count the same runs and the same cost.
-- Returns the rows that break it.

select
    run_totals.*,
    overall_summary.total_runs as overview_runs,
    overall_summary.total_cost as overview_cost
from run_totals
cross join overall_summary
where
    run_totals.total_runs != overall_summary.total_runs
    or run_totals.total_cost != overall_summary.total_cost
    or run_totals.cost_unknown_runs != overall_summary.cost_unknown_runs;

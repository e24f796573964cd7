-- Rule: The projects' runs, cost and tokens sum to the totals.
-- Returns the rows that break it.

with parts as (
    select
        coalesce(sum(runs_count), 0) as runs,
        coalesce(sum(total_cost), 0) as cost,
        coalesce(sum(total_tokens), 0) as tokens
    from project_summary
)

select
    parts.*,
    overall_summary.total_runs,
    overall_summary.total_cost,
    overall_summary.total_tokens
from parts
cross join overall_summary
where
    parts.runs != overall_summary.total_runs
    or parts.cost != overall_summary.total_cost
    or parts.tokens != overall_summary.total_tokens;

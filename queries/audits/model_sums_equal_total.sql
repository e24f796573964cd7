-- Rule: The models' cost and what no model got sum to the total.
-- Returns the rows that break it.

with parts as (
    select coalesce(sum(total_cost), 0) as cost from model_summary
)

select
    parts.cost,
    overall_summary.cost_unattributed,
    overall_summary.total_cost
from parts
cross join overall_summary
where
    parts.cost + overall_summary.cost_unattributed
    != overall_summary.total_cost;

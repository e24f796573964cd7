-- Rule: The month's spend equals the runs of the month, cut row by row in the zone.
-- Returns the rows that break it.

with month_rows as (
    select coalesce(sum(runs.cost_usd), 0) as cost
    from runs
    cross join clock
    where
        runs.started_at <= clock.cutoff
        and date_trunc(
            'month',
            (runs.started_at at time zone 'UTC')
            at time zone clock.timezone
        )
        = date_trunc('month', clock.today)
)

select
    budget_status.spent,
    month_rows.cost as expected_spent
from budget_status
cross join month_rows
where budget_status.spent != month_rows.cost;

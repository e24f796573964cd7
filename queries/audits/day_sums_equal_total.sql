-- Rule: The days sum to the runs of the series, cut row by row in the zone.
-- Returns the rows that break it.

with days as (
    select
        sum(runs) as runs,
        sum(cost) as cost,
        sum(tokens) as tokens
    from timeseries_daily
),

rows_of_days as (
    select
        count(*) as runs,
        coalesce(sum(run_facts.cost_usd), 0) as cost,
        coalesce(sum(run_facts.total_tokens), 0) as tokens
    from run_facts
    cross join clock
    where
        (
            (run_facts.started_at at time zone 'UTC')
            at time zone clock.timezone
        )::date between clock.series_first_day and clock.series_last_day
)

select
    days.runs,
    days.cost,
    days.tokens,
    rows_of_days.runs as expected_runs,
    rows_of_days.cost as expected_cost,
    rows_of_days.tokens as expected_tokens
from days
cross join rows_of_days
where
    days.runs != rows_of_days.runs
    or days.cost != rows_of_days.cost
    or days.tokens != rows_of_days.tokens;

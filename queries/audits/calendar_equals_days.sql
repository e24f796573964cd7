-- Rule: Where the series goes by day, the calendar tells of its days what the series does.
-- Returns the rows that break it.

select
    timeseries_daily.date,
    timeseries_daily.runs,
    spend_calendar.runs as calendar_runs,
    timeseries_daily.cost,
    spend_calendar.cost as calendar_cost
from timeseries_daily
inner join spend_calendar on timeseries_daily.date = spend_calendar.date
cross join clock
where
    clock.grain = 'day'
    and (
        timeseries_daily.runs != spend_calendar.runs
        or timeseries_daily.cost != coalesce(spend_calendar.cost, 0)
    );

-- Rule: The series has every day, week or month between its first and last day.
-- Returns the rows that break it.

select
    count(*) as periods,
    any_value(
        date_diff(
            clock.grain,
            date_trunc(clock.grain, clock.series_first_day)::date,
            date_trunc(clock.grain, clock.series_last_day)::date
        ) + 1
    ) as expected_periods
from timeseries_daily
cross join clock
having periods != expected_periods;

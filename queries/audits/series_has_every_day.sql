-- Rule: The series has every day, week or month between its first and last day.
-- Returns the rows that break it.

select
    count(*) as periods,
    any_value(
        case clock.grain
            when 'month'
                then
                    date_diff(
                        'month', clock.series_first_day, clock.series_last_day
                    )
            else date_diff(
                'day',
                period_start(
                    clock.grain, clock.week_start, clock.series_first_day
                ),
                period_start(
                    clock.grain, clock.week_start, clock.series_last_day
                )
            ) // case clock.grain when 'week' then 7 else 1 end
        end + 1
    ) as expected_periods
from timeseries_daily
cross join clock
having periods != expected_periods;

-- Rule: The daily series has exactly the days that are configured.
-- Returns the rows that break it.

select
    count(*) as days,
    any_value(settings.timeseries_days) as expected_days
from timeseries_daily
cross join settings
having count(*) != any_value(settings.timeseries_days);

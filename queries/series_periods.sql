-- Purpose: the periods of the series, so that those in which nothing ran are there too.
-- Grain:   one row per day, week or month, as the grain of `clock` says.
-- Units:   days of the chosen zone; weeks from the chosen day.
-- Source:  clock, period_days.

create or replace view series_periods as
select
    unnest(
        period_days(grain, week_start, series_first_day, series_last_day)
    ) as date
from clock;

comment on view series_periods is
'The periods of the series. Grain: one row per day, week or month, as variable grain says.';
comment on column series_periods.date is
'Day in the chosen zone; first day of the week or month at those grains.';

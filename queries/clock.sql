-- Purpose: the one definition of now, and of the bounds that follow from it.
-- Grain:   exactly one row.
-- Units:   UTC timestamps; `today` is a day in the configured zone.
-- Source:  session variable `as_of` (else the system clock), settings.
--
--     set variable as_of = timestamp '2025-11-18 10:30:00';
--
-- makes every view answer as of that moment: runs and jobs that began later are
-- left out. Without it nothing is left out, not even a run whose clock was fast.

create or replace view clock as
with chosen as (
    select try_cast(getvariable('as_of') as timestamp) as as_of
),

moment as (
    select
        settings.timezone,
        settings.timeseries_days,
        coalesce(chosen.as_of, now() at time zone 'UTC') as as_of,
        coalesce(chosen.as_of, timestamp 'infinity') as cutoff
    from chosen
    cross join settings
),

local_time as (
    select
        *,
        (as_of at time zone 'UTC') at time zone timezone as local_now
    from moment
),

bounds as (
    select
        *,
        date_trunc('month', local_now)::timestamp as month_first,
        date_trunc('day', local_now)::timestamp as day_first
    from local_time
)

select
    as_of,
    cutoff,
    timezone,
    local_now::date as today,
    (local_now::date - (timeseries_days - 1)::integer)::date as series_first_day,
    (
        (day_first - to_days((timeseries_days - 1)::integer))
        at time zone timezone
    ) at time zone 'UTC' as series_start,
    (
        (day_first + interval 1 day) at time zone timezone
    ) at time zone 'UTC' as series_end,
    (month_first at time zone timezone) at time zone 'UTC' as month_start,
    (
        (month_first + interval 1 month) at time zone timezone
    ) at time zone 'UTC' as month_end
from bounds;

comment on view clock is
'Now and the bounds that follow from it; follows the session variable as_of. Grain: one row.';
comment on column clock.as_of is
'The moment that the figures stand for, UTC.';
comment on column clock.cutoff is
'Runs and jobs that began after it are left out, UTC; infinity where no as_of was set.';
comment on column clock.timezone is
'Zone in which days and months are cut.';
comment on column clock.today is
'Day of as_of in that zone.';
comment on column clock.series_first_day is
'First day of the daily series.';
comment on column clock.series_start is
'Start of the first day of the daily series, UTC.';
comment on column clock.series_end is
'End of today, UTC, exclusive.';
comment on column clock.month_start is
'Start of the calendar month, UTC.';
comment on column clock.month_end is
'End of the calendar month, UTC, exclusive.';

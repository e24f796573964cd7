-- Purpose: now, and the bounds of ranges and series that follow from it, reckoned at each question.
-- Grain:   exactly one row.
-- Units:   UTC timestamps; `today` is a day in the chosen zone.
-- Source:  present, session variables `grain`, `week_start`, `range_from` and `range_to`, settings.
--
-- The series covers the range; without one the last settings.timeseries_days
-- periods. The previous period is as long, lies right before it and, while the
-- period is not over, ends as far into it as now: a part is compared with a part.

create or replace view reckoned_clock as
with moment as (
    select
        present.*,
        settings.timeseries_days::integer as periods,
        getvariable('grain')::varchar as chosen_grain,
        coalesce(getvariable('week_start')::integer, 1) as week_start,
        try_cast(getvariable('range_from') as timestamp) as range_start,
        try_cast(getvariable('range_to') as timestamp) as range_end,
        -- Without a moment of its own an answer holds for a quarter hour.
        case
            when present.cutoff = timestamp 'infinity'
                then time_bucket(interval 15 minutes, present.as_of)
            else present.as_of
        end as steady_as_of
    from present
    cross join settings
),

local_time as (
    select
        *,
        case
            when chosen_grain in ('day', 'week', 'month') then chosen_grain
            when range_end - range_start > interval 3660 days then 'month'
            else 'day'
        end as grain,
        (steady_as_of at time zone 'UTC') at time zone timezone as steady_now,
        (range_start at time zone 'UTC') at time zone timezone as local_start,
        (range_end at time zone 'UTC') at time zone timezone as local_end
    from moment
),

last_days as (
    select
        *,
        coalesce(
            (local_end - interval 1 microsecond)::date,
            greatest(today, local_start::date)
        ) as last_day
    from local_time
),

first_days as (
    select
        *,
        coalesce(
            local_start::date,
            case
                when grain = 'month'
                    then date_trunc(grain, last_day) - to_months(periods - 1)
                when grain = 'week'
                    then
                        period_start(grain, week_start, last_day)
                        - to_days(7 * periods - 7)
                else last_day - to_days(periods - 1)
            end::date
        ) as first_day,
        coalesce(local_end, last_day::timestamp + interval 1 day) as series_to
    from last_days
),

periods as (
    select
        *,
        coalesce(local_start, first_day::timestamp) as series_from
    from first_days
),

bounds as (
    select
        *,
        series_to - series_from as length,
        least(series_to, greatest(steady_now, series_from)) as reached
    from periods
)

select
    as_of,
    cutoff,
    timezone,
    today,
    first_day as series_first_day,
    last_day as series_last_day,
    grain,
    week_start,
    range_start,
    range_end,
    range_start is not null or range_end is not null as has_range,
    (series_from at time zone timezone) at time zone 'UTC' as series_start,
    (series_to at time zone timezone) at time zone 'UTC' as series_end,
    (
        (series_from - length) at time zone timezone
    ) at time zone 'UTC' as previous_start,
    ((reached - length) at time zone timezone) at time zone 'UTC'
        as previous_end,
    (series_from - length)::date as previous_first_day,
    greatest(
        reached - length - interval 1 microsecond, series_from - length
    )::date as previous_last_day,
    reached < series_to as is_partial
from bounds;

comment on view reckoned_clock is
'clock, reckoned at each question. Grain: exactly one row.';
comment on column reckoned_clock.as_of is
'The moment that figures stand for, UTC: variable as_of, else the system clock.';
comment on column reckoned_clock.cutoff is
'What began after this is left out, UTC; infinity where as_of is not set.';
comment on column reckoned_clock.timezone is
'Zone in which days and months are cut: variable timezone, else the setting.';
comment on column reckoned_clock.today is
'Day of as_of in the zone.';
comment on column reckoned_clock.series_first_day is
'First day of the series.';
comment on column reckoned_clock.series_last_day is
'Last day of the series.';
comment on column reckoned_clock.grain is
'''day'', ''week'' or ''month'': variable grain, else day; month where the range is longer than 3,660 days.';
comment on column reckoned_clock.week_start is
'First day of weeks, from 1, Monday, to 7, Sunday: variable week_start, else 1.';
comment on column reckoned_clock.range_start is
'Start of the range that filters runs, UTC; null where it is open.';
comment on column reckoned_clock.range_end is
'End of the range that filters runs, left out, UTC; null where it is open.';
comment on column reckoned_clock.has_range is
'Whether runs are filtered by their start.';
comment on column reckoned_clock.series_start is
'Start of the series, UTC.';
comment on column reckoned_clock.series_end is
'End of the series, left out, UTC.';
comment on column reckoned_clock.previous_start is
'Start of the previous period, as long as the series, UTC.';
comment on column reckoned_clock.previous_end is
'End of what is compared of the previous period, left out, UTC.';
comment on column reckoned_clock.previous_first_day is
'First day of the previous period.';
comment on column reckoned_clock.previous_last_day is
'Last day of what is compared of the previous period.';
comment on column reckoned_clock.is_partial is
'Whether the series reaches beyond now, so that it will grow.';

-- Purpose: clock as the session was told it, so that it need not be reckoned again.
-- Grain:   exactly one row; none where nothing was told.
-- Units:   UTC timestamps; `today` is a day in the chosen zone.
-- Source:  session variable `told_clock`, what reckoned_clock says under the same filters.
--
-- The cutoff is taken from its own variable, since no client can hand infinity on.

create or replace view told_clock as
with told as (
    select
        unnest(
            getvariable('told_clock')::struct(
                as_of timestamp,
                cutoff timestamp,
                timezone varchar,
                today date,
                series_first_day date,
                series_last_day date,
                grain varchar,
                week_start integer,
                range_start timestamp,
                range_end timestamp,
                has_range boolean,
                series_start timestamp,
                series_end timestamp,
                previous_start timestamp,
                previous_end timestamp,
                previous_first_day date,
                previous_last_day date,
                is_partial boolean
            ),
            recursive := true
        )
)

select
    as_of,
    coalesce(
        try_cast(getvariable('as_of') as timestamp), timestamp 'infinity'
    ) as cutoff,
    timezone,
    today,
    series_first_day,
    series_last_day,
    grain,
    week_start,
    range_start,
    range_end,
    has_range,
    series_start,
    series_end,
    previous_start,
    previous_end,
    previous_first_day,
    previous_last_day,
    is_partial
from told
where getvariable('told_clock') is not null;

comment on view told_clock is
'clock as the session was told it; empty where it was not. Grain: one row.';
comment on column told_clock.as_of is
'The moment that figures stand for, UTC: variable as_of, else the system clock.';
comment on column told_clock.cutoff is
'What began after this is left out, UTC; infinity where as_of is not set.';
comment on column told_clock.timezone is
'Zone in which days and months are cut: variable timezone, else the setting.';
comment on column told_clock.today is
'Day of as_of in the zone.';
comment on column told_clock.series_first_day is
'First day of the series.';
comment on column told_clock.series_last_day is
'Last day of the series.';
comment on column told_clock.grain is
'''day'', ''week'' or ''month'': variable grain, else day; month where the range is longer than 3,660 days.';
comment on column told_clock.week_start is
'First day of weeks, from 1, Monday, to 7, Sunday: variable week_start, else 1.';
comment on column told_clock.range_start is
'Start of the range that filters runs, UTC; null where it is open.';
comment on column told_clock.range_end is
'End of the range that filters runs, left out, UTC; null where it is open.';
comment on column told_clock.has_range is
'Whether runs are filtered by their start.';
comment on column told_clock.series_start is
'Start of the series, UTC.';
comment on column told_clock.series_end is
'End of the series, left out, UTC.';
comment on column told_clock.previous_start is
'Start of the previous period, as long as the series, UTC.';
comment on column told_clock.previous_end is
'End of what is compared of the previous period, left out, UTC.';
comment on column told_clock.previous_first_day is
'First day of the previous period.';
comment on column told_clock.previous_last_day is
'Last day of what is compared of the previous period.';
comment on column told_clock.is_partial is
'Whether the series reaches beyond now, so that it will grow.';

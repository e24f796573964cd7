-- Purpose: which two ranges a named comparison means at the moment of `clock`.
-- Grain:   table macro: one row for one name.
-- Units:   days of the chosen zone; UTC, ends are left out.
-- Source:  clock.
--
-- 'period': the series and the period before. 'week' and 'month': the current one and
-- the one before. While the first is not over, as much of the second is taken.

create or replace macro comparison_ranges(name) as table
    with moment as materialized (
        select
            *,
            (as_of at time zone 'UTC') at time zone timezone as local_now
        from clock
    ),

    units as (
        select
            local_now,
            timezone,
            case name when 'month' then 'month' else 'week' end as unit,
            period_start(unit, week_start, local_now)::timestamp as start_now
        from moment
        where name in ('week', 'month')
    ),

    starts as (
        select
            local_now,
            timezone,
            start_now,
            (start_now - ('1 ' || unit)::interval)::timestamp as start_before,
            (start_now + ('1 ' || unit)::interval)::timestamp as end_now
        from units
    ),

    spans as (
        select
            start_now as a_first,
            end_now as a_last,
            start_before as b_first,
            least(start_before + (local_now - start_now), start_now) as b_last,
            timezone
        from starts
    )

    select
        series_start as a_start,
        series_end as a_end,
        previous_start as b_start,
        previous_end as b_end,
        series_first_day as a_first_day,
        series_last_day as a_last_day,
        previous_first_day as b_first_day,
        previous_last_day as b_last_day,
        is_partial
    from moment
    where name = 'period'
    union all
    select
        (a_first at time zone timezone) at time zone 'UTC' as a_start,
        (a_last at time zone timezone) at time zone 'UTC' as a_end,
        (b_first at time zone timezone) at time zone 'UTC' as b_start,
        (b_last at time zone timezone) at time zone 'UTC' as b_end,
        a_first::date as a_first_day,
        (a_last - interval 1 day)::date as a_last_day,
        b_first::date as b_first_day,
        greatest(b_last - interval 1 microsecond, b_first)::date as b_last_day,
        true as is_partial
    from spans;

comment on macro table comparison_ranges is  -- noqa: PRS
'Bounds in UTC and days of the two ranges that period, week or month stand for. Grain: one row.';

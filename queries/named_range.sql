-- Purpose: what the names of relative ranges mean at the moment of `present`.
-- Grain:   table macro: exactly one row for one name.
-- Units:   days of the chosen zone; UTC, the end is left out.
-- Source:  present.
--
--     set variable range_from = (select range_start from named_range('last-month'));
--
-- today, mtd (month to date), last-month, quarter (calendar quarter to date), and
-- 7d, 30d … (so many days, today included).

create or replace macro named_range(name) as table
    with days as (
        select
            timezone,
            today,
            date_trunc('month', today)::date as month_first,
            case
                when name = 'mtd' then date_trunc('month', today)::date
                when name = 'quarter' then date_trunc('quarter', today)::date
                when name = 'last-month'
                    then (date_trunc('month', today) - interval 1 month)::date
                when name = 'today' then today
                else (today - (try_cast(rtrim(name, 'd') as integer) - 1))::date
            end as first_day
        from present
    ),

    bounds as (
        select
            timezone,
            first_day,
            case
                when name = 'last-month' then (month_first - 1)::date
                else today
            end as last_day
        from days
    )

    select
        first_day,
        last_day,
        (first_day::timestamp at time zone timezone) at time zone 'UTC'
            as range_start,
        ((last_day::timestamp + interval 1 day) at time zone timezone)
        at time zone 'UTC' as range_end
    from bounds;

comment on macro table named_range is  -- noqa: PRS
'First and last day of a relative range (today, 7d, mtd, last-month, quarter) and its bounds in UTC. Grain: one row.';

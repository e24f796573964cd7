-- Purpose: what each day cost, for a calendar.
-- Grain:   one row per day of the range, at most the last 371; without a range 365.
-- Units:   USD, runs; days of the chosen zone.
-- Source:  run_facts, clock, bucket_start.
--
-- A level says how a day compares with the others on which money was spent: a
-- quarter of them has each of 1 to 4. Days of equal cost have equal levels.

create or replace view spend_calendar as
with moment as materialized (
    select * from clock
),

bounds as (
    select
        timezone,
        series_last_day as last_day,
        case
            when has_range
                then greatest(
                    series_first_day, (series_last_day - 370)::date
                )
            else (series_last_day - 364)::date
        end as first_day
    from moment
),

days as (
    select
        unnest(
            generate_series(
                first_day::timestamp, last_day::timestamp, interval 1 day
            )
        )::date as date
    from bounds
),

buckets as (
    select
        bucket_start(started_at) as bucket,
        count(*) as runs,
        count(*) - count(cost_usd) as cost_unknown_runs,
        sum(cost_usd) as cost
    from run_facts
    where
        started_at >= (
            select (bounds.first_day - 2)::timestamp from bounds
        )
        and started_at < (
            select (bounds.last_day + 2)::timestamp from bounds
        )
    group by bucket
),

by_day as (
    select
        (
            (buckets.bucket at time zone 'UTC') at time zone bounds.timezone
        )::date as day,
        sum(buckets.runs) as runs,
        sum(buckets.cost_unknown_runs) as cost_unknown_runs,
        sum(buckets.cost) as cost
    from buckets
    cross join bounds
    group by day
),

filled as (
    select
        days.date,
        coalesce(by_day.runs, 0)::bigint as runs,
        coalesce(by_day.cost_unknown_runs, 0)::bigint as cost_unknown_runs,
        case
            when by_day.day is null then 0 else by_day.cost
        end::decimal(38, 12) as cost
    from days
    left join by_day on days.date = by_day.day
)

select
    date,
    runs,
    cost,
    cost_unknown_runs,
    case
        when cost = 0 then 0
        when cost is not null then 1 + least(3, floor(4 * percent_rank() over (
            partition by cost > 0 order by cost
        )))
    end::integer as level,
    date_diff('week', min(date) over (), date)::integer as week,
    isodow(date)::integer as weekday
from filled
order by date;

comment on view spend_calendar is
'Cost of each day. Grain: one row per day of the range, at most 371.';
comment on column spend_calendar.date is
'Day in the chosen zone.';
comment on column spend_calendar.runs is
'Runs that began on it.';
comment on column spend_calendar.cost is
'Cost in USD where known; null where runs began and the cost of each is unknown.';
comment on column spend_calendar.cost_unknown_runs is
'Runs that cost leaves out.';
comment on column spend_calendar.level is
'0 where nothing was spent, else the quarter of spending days that it falls into, 1 to 4; null where unknown.';
comment on column spend_calendar.week is
'Weeks since the first day, from 0; weeks begin on Monday.';
comment on column spend_calendar.weekday is
'1 for Monday to 7 for Sunday.';

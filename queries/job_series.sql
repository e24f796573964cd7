-- Purpose: jobs over time.
-- Grain:   one row per period of the series.
-- Units:   jobs; by their creation, else their start.
-- Source:  job_facts, clock, period_days.

create or replace view job_series as
with moment as materialized (
    select * from clock
),

quarters as (
    select
        time_bucket(
            interval 15 minutes, coalesce(created_at, started_at)
        ) as quarter,
        count(*) as jobs,
        count(*) filter (where status = 'completed') as completed,
        count(*) filter (where status = 'failed') as failed
    from job_facts
    where
        coalesce(created_at, started_at)
        >= (select moment.series_start from moment)
        and coalesce(created_at, started_at)
        < (select moment.series_end from moment)
    group by quarter
),

periods as (
    select
        unnest(
            period_days(grain, week_start, series_first_day, series_last_day)
        ) as date
    from moment
),

localised as (
    select
        quarters.*,
        period_start(
            moment.grain,
            moment.week_start,
            (quarters.quarter at time zone 'UTC') at time zone moment.timezone
        ) as day
    from quarters
    cross join moment
)

select
    periods.date,
    coalesce(sum(localised.jobs), 0)::bigint as jobs,
    coalesce(sum(localised.completed), 0)::bigint as completed,
    coalesce(sum(localised.failed), 0)::bigint as failed,
    coalesce(
        sum(localised.jobs - localised.completed - localised.failed), 0
    )::bigint as open
from periods
left join localised on periods.date = localised.day
group by periods.date
order by periods.date;

comment on view job_series is
'Jobs over time. Grain: one row per period of the series.';
comment on column job_series.date is
'Day in the chosen zone; first day of the week or month at those grains.';
comment on column job_series.jobs is
'Jobs that were made in the period.';
comment on column job_series.completed is
'Those of them that have finished.';
comment on column job_series.failed is
'Those of them that ended with an error.';
comment on column job_series.open is
'The rest: waiting, running, cancelled or of another status.';

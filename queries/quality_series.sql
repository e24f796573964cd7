-- Purpose: what became of the money, over time.
-- Grain:   one row per period of the series.
-- Units:   USD; the classes of quality_class, which sum to the cost.
-- Source:  run_facts, clock, bucket_start, period_days.

create or replace view quality_series as
with moment as materialized (
    select * from clock
),

buckets as (
    select
        bucket_start(started_at) as bucket,
        quality_class(final_status, qa_status) as class,
        sum(cost_usd) as cost,
        count(*) as runs,
        count(*) - count(cost_usd) as cost_unknown_runs
    from run_facts
    where
        started_at >= (select moment.series_start from moment)
        and started_at < (select moment.series_end from moment)
    group by bucket, class
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
        buckets.*,
        period_start(
            moment.grain,
            moment.week_start,
            (buckets.bucket at time zone 'UTC') at time zone moment.timezone
        ) as day
    from buckets
    cross join moment
)

select
    periods.date,
    coalesce(
        sum(localised.cost) filter (where localised.class = 'passed'), 0
    )::decimal(38, 12) as passed_cost,
    coalesce(
        sum(localised.cost) filter (where localised.class = 'warning'), 0
    )::decimal(38, 12) as warning_cost,
    coalesce(
        sum(localised.cost) filter (where localised.class = 'failed'), 0
    )::decimal(38, 12) as failed_cost,
    coalesce(
        sum(localised.cost) filter (where localised.class = 'error'), 0
    )::decimal(38, 12) as error_cost,
    coalesce(
        sum(localised.cost) filter (where localised.class = 'not_run'), 0
    )::decimal(38, 12) as not_run_cost,
    coalesce(
        sum(localised.cost) filter (where localised.class = 'other'), 0
    )::decimal(38, 12) as other_cost,
    coalesce(
        sum(localised.cost) filter (where localised.class = 'not_finished'), 0
    )::decimal(38, 12) as not_finished_cost,
    coalesce(sum(localised.runs), 0)::bigint as runs,
    coalesce(sum(localised.cost_unknown_runs), 0)::bigint as cost_unknown_runs
from periods
left join localised on periods.date = localised.day
group by periods.date
order by periods.date;

comment on view quality_series is
'Cost by what became of the runs, over time. Grain: one row per period of the series.';
comment on column quality_series.date is
'Day in the chosen zone; first day of the week or month at those grains.';
comment on column quality_series.passed_cost is
'Cost in USD of finished runs that passed QA.';
comment on column quality_series.warning_cost is
'Cost in USD of finished runs with QA warnings.';
comment on column quality_series.failed_cost is
'Cost in USD of finished runs that failed QA.';
comment on column quality_series.error_cost is
'Cost in USD of finished runs in which QA itself failed.';
comment on column quality_series.not_run_cost is
'Cost in USD of finished runs without QA.';
comment on column quality_series.other_cost is
'Cost in USD of finished runs with a QA status of another name.';
comment on column quality_series.not_finished_cost is
'Cost in USD of runs that did not finish.';
comment on column quality_series.runs is
'Runs that began in the period.';
comment on column quality_series.cost_unknown_runs is
'Runs that the costs leave out.';

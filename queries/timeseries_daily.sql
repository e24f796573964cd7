-- Purpose: the days of the range, one by one, with zeros where nothing ran.
-- Grain:   one row per day, or per week or month where variable `grain` says so;
--          without a range settings.timeseries_days rows, the last is today's.
-- Units:   USD, tokens; days of the chosen zone, weeks from the chosen day.
-- Source:  run_facts, clock, bucket_start, period_days.
--
-- Rows are grouped by steps in UTC first and only the groups are brought into the zone: it is ten
-- times as fast.

create or replace view timeseries_daily as
with moment as materialized (
    select * from clock
),

buckets as (
    select
        bucket_start(run_facts.started_at) as bucket,
        count(*) as runs,
        sum(run_facts.total_tokens) as tokens,
        sum(run_facts.input_tokens) as input_tokens,
        sum(run_facts.output_tokens) as output_tokens,
        sum(run_facts.cost_usd) as cost,
        count(*) filter (where run_facts.qa_status = 'passed') as qa_passed,
        count(*) filter (where run_facts.qa_status = 'warning') as qa_warning,
        count(*) filter (where run_facts.qa_status = 'failed') as qa_failed,
        count(*) filter (where run_facts.qa_status = 'error') as qa_error,
        count(*) filter (where run_facts.qa_status is null) as qa_not_run,
        sum(run_facts.duration_microseconds) as duration,
        count(run_facts.duration_microseconds) as timed_runs,
        count(*) filter (
            where run_facts.total_tokens is null
        ) as tokens_unknown_runs,
        count(*) filter (
            where run_facts.cost_usd is null
        ) as cost_unknown_runs
    from run_facts
    where
        run_facts.started_at >= (select moment.series_start from moment)
        and run_facts.started_at < (select moment.series_end from moment)
    group by bucket
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
),

days as (
    select
        unnest(
            period_days(grain, week_start, series_first_day, series_last_day)
        ) as day
    from moment
)

select
    days.day as date,
    coalesce(sum(localised.runs), 0)::bigint as runs,
    coalesce(sum(localised.tokens), 0)::bigint as tokens,
    coalesce(sum(localised.cost), 0)::decimal(38, 12) as cost,
    coalesce(sum(localised.qa_passed), 0)::bigint as qa_passed,
    coalesce(sum(localised.qa_warning), 0)::bigint as qa_warning,
    coalesce(sum(localised.qa_failed), 0)::bigint as qa_failed,
    coalesce(
        sum(localised.tokens_unknown_runs), 0
    )::bigint as tokens_unknown_runs,
    coalesce(sum(localised.cost_unknown_runs), 0)::bigint as cost_unknown_runs,
    sum(localised.input_tokens)::bigint as input_tokens,
    sum(localised.output_tokens)::bigint as output_tokens,
    coalesce(sum(localised.qa_error), 0)::bigint as qa_error,
    coalesce(sum(localised.qa_not_run), 0)::bigint as qa_not_run,
    sum(localised.qa_passed) / nullif(
        sum(localised.qa_passed)
        + sum(localised.qa_warning)
        + sum(localised.qa_failed),
        0
    ) as qa_pass_rate,
    sum(localised.duration)
    / nullif(sum(localised.timed_runs), 0) / 1e6 as avg_duration_seconds
from days
left join localised on days.day = localised.day
group by days.day
order by days.day;

comment on view timeseries_daily is
'The days of the range, one by one. Grain: one row per day, week or month, as variable grain says.';
comment on column timeseries_daily.date is
'Day in the chosen zone; first day of the week or month at those grains.';
comment on column timeseries_daily.runs is
'Runs that began on it.';
comment on column timeseries_daily.tokens is
'Tokens of the runs whose tokens are known.';
comment on column timeseries_daily.cost is
'Cost in USD of the runs whose cost is known.';
comment on column timeseries_daily.qa_passed is
'Runs that passed QA.';
comment on column timeseries_daily.qa_warning is
'Runs with QA warnings.';
comment on column timeseries_daily.qa_failed is
'Runs that failed QA.';
comment on column timeseries_daily.tokens_unknown_runs is
'Runs that tokens leaves out.';
comment on column timeseries_daily.cost_unknown_runs is
'Runs that cost leaves out.';
comment on column timeseries_daily.input_tokens is
'Prompt tokens of the runs that tell them; null where none does.';
comment on column timeseries_daily.output_tokens is
'Completion tokens of the runs that tell them; null where none does.';
comment on column timeseries_daily.qa_error is
'Runs in which QA itself failed.';
comment on column timeseries_daily.qa_not_run is
'Runs without QA.';
comment on column timeseries_daily.qa_pass_rate is
'passed / (passed + warning + failed); null where there is none.';
comment on column timeseries_daily.avg_duration_seconds is
'Mean duration in seconds over the runs that have both times; null where none has.';

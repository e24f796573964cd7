-- Purpose: tokens over time, split into what went in, what came out and what nobody split.
-- Grain:   one row per period of the series.
-- Units:   tokens, runs.
-- Source:  run_facts, clock, bucket_start, period_days.
--
-- The three parts sum to the tokens of timeseries_daily. A run's split counts only
-- where both parts are known and fit into its total; else all of it is not split.

create or replace view token_trend as
with moment as materialized (
    select * from clock
),

split as (
    select
        started_at,
        total_tokens,
        coalesce(input_tokens + output_tokens <= total_tokens, false) as is_split,
        input_tokens,
        output_tokens
    from run_facts
    where
        started_at >= (select moment.series_start from moment)
        and started_at < (select moment.series_end from moment)
),

buckets as (
    select
        bucket_start(started_at) as bucket,
        sum(case when is_split then input_tokens else 0 end) as input_tokens,
        sum(case when is_split then output_tokens else 0 end) as output_tokens,
        sum(total_tokens) as tokens,
        count(*) as runs,
        count(*) - count(total_tokens) as tokens_unknown_runs
    from split
    group by bucket
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
    coalesce(sum(localised.input_tokens), 0)::bigint as input_tokens,
    coalesce(sum(localised.output_tokens), 0)::bigint as output_tokens,
    (
        coalesce(sum(localised.tokens), 0)
        - coalesce(sum(localised.input_tokens), 0)
        - coalesce(sum(localised.output_tokens), 0)
    )::bigint as unsplit_tokens,
    coalesce(sum(localised.tokens_unknown_runs), 0)::bigint
        as tokens_unknown_runs,
    coalesce(sum(localised.runs), 0)::bigint as runs
from periods
left join localised on periods.date = localised.day
group by periods.date
order by periods.date;

comment on view token_trend is
'Tokens over time by direction. Grain: one row per period of the series.';
comment on column token_trend.date is
'Day in the chosen zone; first day of the week or month at those grains.';
comment on column token_trend.input_tokens is
'Prompt tokens of the runs whose split is known.';
comment on column token_trend.output_tokens is
'Completion tokens of the runs whose split is known.';
comment on column token_trend.unsplit_tokens is
'Tokens that are known, but not whether they went in or came out.';
comment on column token_trend.tokens_unknown_runs is
'Runs whose tokens are unknown, which the three parts leave out.';
comment on column token_trend.runs is
'Runs that began in the period.';

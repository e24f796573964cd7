-- Purpose: how the main figures changed against the previous period of equal length.
-- Grain:   one row per figure.
-- Units:   runs, tokens, USD, seconds, a rate from 0 to 1, jobs.
-- Source:  matching_runs, matching_jobs, clock.
--
-- The period is that of the series: the range, else the last settings.timeseries_days
-- days. While it is not over, it is compared with as much of the previous one.

create or replace view period_change as
with moment as materialized (
    select * from clock
),

-- Bounds as constants, by which a scan leaves out what lies beyond them. What began after the part
-- that is compared and before the series is on neither side.
runs_of_both as (
    select
        run_key,
        qa_status,
        total_tokens,
        cost_usd,
        duration_microseconds,
        case
            when started_at >= (select moment.series_start from moment) then true
            when started_at < (select moment.previous_end from moment) then false
        end as is_now
    from matching_runs
    where
        started_at >= (select moment.previous_start from moment)
        and started_at < (select moment.series_end from moment)
),

jobs_of_both as (
    select coalesce(created_at, started_at) >= moment.series_start as is_now
    from matching_jobs
    cross join moment
    where
        (
            coalesce(created_at, started_at) >= moment.series_start
            and coalesce(created_at, started_at) < moment.series_end
        )
        or (
            coalesce(created_at, started_at) >= moment.previous_start
            and coalesce(created_at, started_at) < moment.previous_end
        )
),

sides as (select unnest([true, false]) as is_now),

by_side as (
    select
        is_now,
        count(*) as runs,
        sum(total_tokens) as tokens,
        count(total_tokens) as tokens_known,
        sum(cost_usd) as cost,
        count(cost_usd) as cost_known,
        avg(duration_microseconds) / 1e6 as duration,
        count(duration_microseconds) as timed,
        count(*) filter (where qa_status = 'passed') as passed,
        count(*) filter (
            where qa_status in ('passed', 'warning', 'failed')
        ) as judged
    from runs_of_both
    group by is_now
),

totals as (
    select
        sides.is_now,
        coalesce(by_side.runs, 0) as runs,
        by_side.tokens,
        coalesce(by_side.tokens_known, 0) as tokens_known,
        by_side.cost,
        coalesce(by_side.cost_known, 0) as cost_known,
        by_side.duration,
        coalesce(by_side.timed, 0) as timed,
        coalesce(by_side.passed, 0) as passed,
        coalesce(by_side.judged, 0) as judged
    from sides
    left join by_side on sides.is_now = by_side.is_now
),

job_totals as (
    select
        sides.is_now,
        count(jobs_of_both.is_now) as jobs
    from sides
    left join jobs_of_both on sides.is_now = jobs_of_both.is_now
    group by sides.is_now
),

figures as (
    select
        totals.is_now,
        unnest([
            {
                'place': 1,
                'figure': 'runs',
                'value': totals.runs::double,
                'known': totals.runs,
                'all_runs': totals.runs
            },
            {
                'place': 2,
                'figure': 'tokens',
                'value': case
                    when totals.runs = 0 then 0 else totals.tokens
                end::double,
                'known': totals.tokens_known,
                'all_runs': totals.runs
            },
            {
                'place': 3,
                'figure': 'cost',
                'value': case
                    when totals.runs = 0 then 0 else totals.cost
                end::double,
                'known': totals.cost_known,
                'all_runs': totals.runs
            },
            {
                'place': 4,
                'figure': 'duration',
                'value': totals.duration,
                'known': totals.timed,
                'all_runs': totals.runs
            },
            {
                'place': 5,
                'figure': 'qa_pass_rate',
                'value': totals.passed / nullif(totals.judged, 0),
                'known': totals.judged,
                'all_runs': totals.runs
            },
            {
                'place': 6,
                'figure': 'jobs',
                'value': job_totals.jobs::double,
                'known': job_totals.jobs,
                'all_runs': job_totals.jobs
            }
        ], recursive := true)
    from totals
    inner join job_totals on totals.is_now = job_totals.is_now
),

compared as (
    select
        current_side.place,
        current_side.figure,
        current_side.value,
        previous_side.value as previous,
        current_side.known,
        current_side.all_runs - current_side.known as unknown,
        previous_side.known as previous_known,
        previous_side.all_runs - previous_side.known as previous_unknown
    from figures as current_side
    inner join figures as previous_side
        on
            current_side.figure = previous_side.figure
            and current_side.is_now
            and not previous_side.is_now
)

select
    compared.figure,
    compared.value,
    compared.previous,
    compared.value - compared.previous as difference,
    (compared.value - compared.previous) / nullif(compared.previous, 0) as ratio,
    compared.known,
    compared.unknown,
    compared.previous_known,
    compared.previous_unknown,
    moment.is_partial
from compared
cross join moment
order by compared.place;

comment on view period_change is
'Change against the previous period. Grain: one row per figure.';
comment on column period_change.figure is
'runs, tokens, cost, duration (mean, seconds), qa_pass_rate or jobs.';
comment on column period_change.value is
'The figure in the period; null where unknown.';
comment on column period_change.previous is
'The figure in the previous period, cut to equal length; null where unknown.';
comment on column period_change.difference is
'Value minus previous; null where either is unknown.';
comment on column period_change.ratio is
'Difference by previous: 0.1 is ten percent more; null where previous is 0 or unknown.';
comment on column period_change.known is
'Runs (or jobs) that the value stands on.';
comment on column period_change.unknown is
'Runs that the value leaves out.';
comment on column period_change.previous_known is
'Runs (or jobs) that previous stands on.';
comment on column period_change.previous_unknown is
'Runs that previous leaves out.';
comment on column period_change.is_partial is
'Whether the period is not over, so that only as much of the previous one is compared.';

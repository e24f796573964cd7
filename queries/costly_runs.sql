-- Purpose: recent runs that cost many times what is usual for their project.
-- Grain:   one row per such run.
-- Units:   USD; UTC.
-- Source:  runs, alert_clock.
--
-- Usual is the median of the project's runs in the 56 days before, of which there must
-- be 20. The limit is usual * exp(k * spread), spread as in cost_spikes. Of many runs some
-- are far out by chance: k grows with the number n of runs in a month as the largest of n
-- normal values does, sqrt(2 ln n). Never below five times the usual; and where costs vary so
-- much that this is above 16 times, 16 times is enough if it is still 2.6 spreads out.

create or replace view costly_runs as
with window_runs as materialized (
    select
        runs.run_id,
        runs.project_name,
        runs.started_at,
        runs.cost_usd::double as cost,
        runs.started_at >= alert_clock.recent_start as is_recent
    from runs
    cross join alert_clock
    where
        runs.started_at >= alert_clock.recent_history_start
        and runs.started_at <= alert_clock.cutoff
        and runs.cost_usd > 0
),

usual as (
    select
        project_name,
        median(cost) as cost,
        greatest(1.4826 * mad(ln(cost)), 0.25) as spread,
        count(*) as runs,
        min(started_at) as first_start
    from window_runs
    where not is_recent
    group by project_name
),

size as (
    select greatest(count(*) * 30 / 56, 20) as runs_a_month
    from window_runs
    where not is_recent
),

judged as (
    select
        window_runs.run_id,
        window_runs.project_name,
        window_runs.started_at,
        window_runs.cost,
        usual.cost as usual,
        usual.runs,
        (
            (window_runs.started_at at time zone 'UTC')
            at time zone alert_clock.timezone
        )::date as day,
        usual.cost * greatest(
            least(
                exp(
                    alert_clock.strictness
                    * sqrt(2 * ln(size.runs_a_month))
                    * usual.spread
                ),
                greatest(
                    16 * alert_clock.strictness,
                    exp(2.6 * alert_clock.strictness * usual.spread)
                )
            ),
            5 * alert_clock.strictness
        ) as upper_limit
    from window_runs
    inner join usual on window_runs.project_name = usual.project_name
    cross join size
    cross join alert_clock
    where
        window_runs.is_recent
        and usual.runs >= 20
        and usual.first_start
        <= alert_clock.recent_start - to_days(alert_clock.quiet_days)
)

select
    run_id,
    project_name,
    started_at,
    day,
    cost,
    usual,
    upper_limit,
    runs,
    format(
        'Run {} of {} cost {}, {:.1f} times the usual {}'
        || ' (median of {} runs in 8 weeks).'
        || ' Up to {} would not have been unusual.',
        left(run_id, 100),
        left(project_name, 100),
        usd_text(cost),
        cost / usual,
        usd_text(usual),
        runs,
        usd_text(upper_limit)
    ) as explanation
from judged
where cost > upper_limit;

comment on view costly_runs is
'Recent runs that cost many times the usual. Grain: one row per run.';
comment on column costly_runs.run_id is
'Run.';
comment on column costly_runs.project_name is
'Its project.';
comment on column costly_runs.started_at is
'Its start, UTC.';
comment on column costly_runs.day is
'Day of its start in the chosen zone.';
comment on column costly_runs.cost is
'Its cost in USD.';
comment on column costly_runs.usual is
'Median cost in USD of a run of the project in the eight weeks before.';
comment on column costly_runs.upper_limit is
'Cost in USD from which on a run is flagged.';
comment on column costly_runs.runs is
'Runs that the usual is known from.';
comment on column costly_runs.explanation is
'Why it is flagged, in words and numbers.';

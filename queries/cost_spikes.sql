-- Purpose: recent days on which a project or a model cost far more than usual.
-- Grain:   one row per such project or model and day.
-- Units:   USD; days of the chosen zone.
-- Source:  runs, model_usage_rows, alert_clock.
--
-- Usual is the median of the same weekday in the 56 days before, or of all days where fewer
-- than four of that weekday had runs. How far days stray is the median absolute deviation
-- of cost / usual, times 1.4826 as for a normal distribution: that of all days, or its mean
-- with that of the weekday where this is more, at least 0.2. Cost is skewed, so the limit is
-- far out: usual * (1 + 11 * spread), and never below three times the usual; where days stray
-- so much that this is above seven times, seven times is enough, if it is still five spreads
-- out. It was chosen by scripts/alarms.py. Days without runs say nothing.

create or replace view cost_spikes as
with parts as (
    select
        'project' as scope,
        runs.project_name as subject,
        runs.cost_usd,
        time_bucket(interval 15 minutes, runs.started_at) as quarter
    from runs
    cross join alert_clock
    where
        runs.started_at >= alert_clock.recent_history_start
        and runs.started_at <= alert_clock.cutoff
    union all
    select
        'model' as scope,
        model_usage_rows.model as subject,
        model_usage_rows.cost_usd,
        time_bucket(interval 15 minutes, runs.started_at) as quarter
    from model_usage_rows
    inner join runs on model_usage_rows.run_key = runs.run_key
    cross join alert_clock
    where
        runs.started_at >= alert_clock.recent_history_start
        and runs.started_at <= alert_clock.cutoff
),

quarters as (
    select
        scope,
        subject,
        quarter,
        sum(cost_usd) as cost,
        count(*) as runs
    from parts
    group by scope, subject, quarter
),

days as materialized (
    select
        quarters.scope,
        quarters.subject,
        (
            (quarters.quarter at time zone 'UTC')
            at time zone alert_clock.timezone
        )::date as day,
        sum(quarters.cost)::double as cost,
        sum(quarters.runs)::bigint as runs
    from quarters
    cross join alert_clock
    group by all
),

history as (
    select
        days.*,
        dayofweek(days.day) as weekday
    from days
    cross join alert_clock
    where
        days.day < alert_clock.recent_day
        and days.cost > 0
),

by_weekday as (
    select
        scope,
        subject,
        weekday,
        median(cost) as cost,
        count(*) as days
    from history
    group by scope, subject, weekday
),

overall as (
    select
        scope,
        subject,
        median(cost) as cost,
        count(*) as days,
        min(day) as first_day
    from history
    group by scope, subject
),

ratios as (
    select
        history.scope,
        history.subject,
        history.weekday,
        history.cost
        / case
            when by_weekday.days >= 4 then by_weekday.cost else overall.cost
        end as ratio
    from history
    inner join by_weekday
        on
            history.scope = by_weekday.scope
            and history.subject = by_weekday.subject
            and history.weekday = by_weekday.weekday
    inner join overall
        on
            history.scope = overall.scope
            and history.subject = overall.subject
),

spreads as (
    select
        scope,
        subject,
        weekday,
        1.4826 * mad(ratio) as spread
    from ratios
    group by grouping sets ((scope, subject), (scope, subject, weekday))
),

recent as (
    select
        days.scope,
        days.subject,
        days.day,
        days.cost,
        days.runs,
        by_weekday.days >= 4 as is_by_weekday,
        case
            when by_weekday.days >= 4 then by_weekday.cost else overall.cost
        end as usual,
        greatest(
            overall_spread.spread,
            (overall_spread.spread + own_spread.spread) / 2,
            0.2
        ) as spread,
        alert_clock.strictness
    from days
    cross join alert_clock
    inner join overall
        on
            days.scope = overall.scope
            and days.subject = overall.subject
    inner join spreads as overall_spread
        on
            days.scope = overall_spread.scope
            and days.subject = overall_spread.subject
            and overall_spread.weekday is null
    left join spreads as own_spread
        on
            days.scope = own_spread.scope
            and days.subject = own_spread.subject
            and dayofweek(days.day) = own_spread.weekday
    left join by_weekday
        on
            days.scope = by_weekday.scope
            and days.subject = by_weekday.subject
            and dayofweek(days.day) = by_weekday.weekday
    where
        days.day >= alert_clock.recent_day
        and overall.days >= 10
        and days.day - overall.first_day >= alert_clock.quiet_days
),

judged as (
    select
        *,
        usual * greatest(
            least(
                1 + 11 * strictness * spread,
                greatest(7 * strictness, 1 + 5 * strictness * spread)
            ),
            3 * strictness
        ) as upper_limit
    from recent
)

select
    scope,
    subject,
    day,
    cost,
    usual,
    upper_limit,
    runs,
    format(
        '{} cost {} on {}, {:.1f} times the {} that is usual {}'
        || ' (median of 8 weeks). Up to {} would not have been unusual.',
        left(subject, 100),
        usd_text(cost),
        day,
        cost / usual,
        usd_text(usual),
        case
            when is_by_weekday then 'on a ' || dayname(day)
            else 'on a day with runs'
        end,
        usd_text(upper_limit)
    ) as explanation
from judged
where cost > upper_limit;

comment on view cost_spikes is
'Recent days of far more than the usual cost. Grain: project or model × day.';
comment on column cost_spikes.scope is
'''project'' or ''model''.';
comment on column cost_spikes.subject is
'Name of the project or model.';
comment on column cost_spikes.day is
'Day of the chosen zone: today or yesterday.';
comment on column cost_spikes.cost is
'Cost of that day so far in USD, where known.';
comment on column cost_spikes.usual is
'Median cost in USD of that weekday in the eight weeks before.';
comment on column cost_spikes.upper_limit is
'Cost in USD from which on the day is flagged.';
comment on column cost_spikes.runs is
'Runs of that day.';
comment on column cost_spikes.explanation is
'Why it is flagged, in words and numbers.';

-- Purpose: recent days on which more runs than usual hit their cost cap.
-- Grain:   one row per such project and day.
-- Units:   runs; USD; days of the chosen zone.
-- Source:  runs, alert_clock.
--
-- A run has hit its cap where its outcome says so or its cost reached max_cost_usd. A project
-- in which that never happened is flagged at the first; one in which it often does, where
-- so many are rare: expected ^ n / n! below 0.01, the bound of a Poisson tail, with the rate
-- of the 56 days before, at least one in 500.

create or replace view capped_runs as
with parts as (
    select
        runs.project_name,
        runs.cost_usd,
        runs.started_at >= alert_clock.recent_start as is_recent,
        (
            (runs.started_at at time zone 'UTC')
            at time zone alert_clock.timezone
        )::date as day,
        coalesce(contains(lower(runs.final_status), 'cost_cap'), false)
        or coalesce(
            runs.max_cost_usd > 0 and runs.cost_usd >= runs.max_cost_usd, false
        ) as is_capped
    from runs
    cross join alert_clock
    where
        runs.started_at >= alert_clock.recent_history_start
        and runs.started_at <= alert_clock.cutoff
),

days as (
    select
        project_name,
        day,
        bool_or(is_recent) as is_recent,
        count(*) as runs,
        count(*) filter (where is_capped) as capped,
        sum(cost_usd) filter (where is_capped) as cost
    from parts
    group by project_name, day
),

usual as (
    select
        project_name,
        sum(runs) as runs,
        sum(capped) as capped
    from days
    where not is_recent
    group by project_name
),

judged as (
    select
        days.project_name,
        days.day,
        days.runs,
        days.capped,
        days.cost,
        coalesce(usual.runs, 0) as runs_before,
        coalesce(usual.capped, 0) as capped_before,
        days.runs
        * greatest(coalesce(usual.capped / nullif(usual.runs, 0), 0), 0.002)
            as expected
    from days
    left join usual on days.project_name = usual.project_name
    where
        days.is_recent
        and days.capped > 0
)

select
    judged.project_name,
    judged.day,
    judged.capped,
    judged.cost,
    judged.expected,
    judged.runs,
    format(
        '{} of {} runs of {} on {} hit their cost cap{}.'
        || ' In the 8 weeks before, {} of {} did.',
        judged.capped,
        judged.runs,
        left(judged.project_name, 100),
        judged.day,
        coalesce(' and cost ' || usd_text(judged.cost), ''),
        judged.capped_before,
        judged.runs_before
    ) as explanation
from judged
cross join alert_clock
where
    pow(judged.expected, judged.capped)
    / gamma(least(judged.capped, 150) + 1)
    < pow(
        case when judged.capped = 1 then 0.03 else 0.01 end,
        alert_clock.strictness
    );

comment on view capped_runs is
'Recent days on which more runs than usual hit their cost cap. Grain: project × day.';
comment on column capped_runs.project_name is
'Project.';
comment on column capped_runs.day is
'Day of the chosen zone: today or yesterday.';
comment on column capped_runs.capped is
'Runs that hit their cap.';
comment on column capped_runs.cost is
'Their cost in USD, where known.';
comment on column capped_runs.expected is
'Such runs that the rate of the eight weeks before lets expect.';
comment on column capped_runs.runs is
'Runs of that day.';
comment on column capped_runs.explanation is
'Why it is flagged, in words and numbers.';

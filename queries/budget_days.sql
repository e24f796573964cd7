-- Purpose: what each budget spent on each day.
-- Grain:   budget × day on which something that it covers began.
-- Units:   USD; days of the budget's own zone.
-- Source:  budget_list, runs, model_usage_rows, role_usage_rows, has_begun.
--
-- Filters do not narrow a budget, `as_of` does. Rows are grouped by quarter hour in UTC
-- first and only the groups are brought into the zone, as in timeseries_daily.

create or replace view budget_days as
with dated as (
    select
        run_key,
        project_name,
        mode,
        cost_usd,
        time_bucket(interval 15 minutes, started_at) as quarter
    from runs
    where
        started_at is not null
        and has_begun(started_at)
),

wanted as materialized (
    select distinct
        scope,
        match
    from budget_list
),

parts as (
    select
        'global' as scope,
        null::varchar as match,
        quarter,
        run_key,
        cost_usd
    from dated
    where
        exists (
            select 1 from wanted
            where wanted.scope = 'global'
        )
    union all
    select
        'project' as scope,
        project_name as match,
        quarter,
        run_key,
        cost_usd
    from dated
    where
        project_name in (
            select wanted.match from wanted
            where wanted.scope = 'project'
        )
    union all
    select
        'mode' as scope,
        mode as match,
        quarter,
        run_key,
        cost_usd
    from dated
    where
        mode in (
            select wanted.match from wanted
            where wanted.scope = 'mode'
        )
    union all
    select
        'model' as scope,
        model_usage_rows.model as match,
        dated.quarter,
        dated.run_key,
        model_usage_rows.cost_usd
    from model_usage_rows
    inner join dated on model_usage_rows.run_key = dated.run_key
    where
        model_usage_rows.model in (
            select wanted.match from wanted
            where wanted.scope = 'model'
        )
    union all
    select
        'role' as scope,
        role_usage_rows.role as match,
        dated.quarter,
        dated.run_key,
        sum_or_unknown(role_usage_rows.cost_usd) as cost_usd
    from role_usage_rows
    inner join dated on role_usage_rows.run_key = dated.run_key
    where
        role_usage_rows.role in (
            select wanted.match from wanted
            where wanted.scope = 'role'
        )
    group by role_usage_rows.role, dated.quarter, dated.run_key
),

quarters as (
    select
        scope,
        match,
        quarter,
        sum(cost_usd) as spent,
        count(*) as runs,
        count(*) filter (where cost_usd is null) as cost_unknown_runs
    from parts
    group by scope, match, quarter
),

localised as (
    select
        budget_list.name,
        budget_list.starts_on,
        budget_list.ends_on,
        quarters.spent,
        quarters.runs,
        quarters.cost_unknown_runs,
        (
            (quarters.quarter at time zone 'UTC')
            at time zone budget_list.timezone
        )::date as day
    from budget_list
    inner join quarters
        on
            budget_list.scope = quarters.scope
            and budget_list.match is not distinct from quarters.match
)

select
    name,
    day,
    coalesce(sum(spent), 0)::decimal(38, 12) as spent,
    sum(runs)::bigint as runs,
    sum(cost_unknown_runs)::bigint as cost_unknown_runs
from localised
where
    (starts_on is null or day >= starts_on)
    and (ends_on is null or day <= ends_on)
group by name, day;

comment on view budget_days is
'Spend of each budget by day. Grain: budget × day with runs.';
comment on column budget_days.name is
'Budget.';
comment on column budget_days.day is
'Day of the budget''s zone.';
comment on column budget_days.spent is
'Cost in USD of what began on that day and is known.';
comment on column budget_days.runs is
'Runs that it counts.';
comment on column budget_days.cost_unknown_runs is
'Of these, runs that spent leaves out.';

-- Rule: What a budget spent in all equals the runs that it covers, cut row by row.
-- Returns the rows that break it.

with parts as (
    select
        'global' as scope,
        null::varchar as match,
        run_id,
        cost_usd
    from runs
    union all
    select
        'project' as scope,
        project_name as match,
        run_id,
        cost_usd
    from runs
    union all
    select
        'mode' as scope,
        mode as match,
        run_id,
        cost_usd
    from runs
    union all
    select
        'model' as scope,
        model as match,
        run_id,
        cost_usd
    from model_usage
    union all
    select
        'role' as scope,
        role as match,
        run_id,
        cost_usd
    from role_usage
),

covered as (
    select
        budget_list.name,
        coalesce(sum(parts.cost_usd), 0) as spent
    from budget_list
    inner join parts
        on
            budget_list.scope = parts.scope
            and budget_list.match is not distinct from parts.match
    inner join runs on parts.run_id = runs.run_id
    cross join clock
    where
        runs.started_at <= clock.cutoff
        and (
            (runs.started_at at time zone 'UTC')
            at time zone budget_list.timezone
        )::date
        between coalesce(budget_list.starts_on, date '-infinity')
        and coalesce(budget_list.ends_on, date 'infinity')
    group by budget_list.name
),

daily as (
    select
        name,
        sum(spent) as spent
    from budget_days
    group by name
),

periods as (
    select
        name,
        sum(spent) as spent,
        count(*) as periods
    from budget_history
    group by name
)

select
    budget_list.name,
    covered.spent as expected,
    daily.spent as by_day,
    periods.spent as by_period
from budget_list
left join covered on budget_list.name = covered.name
left join daily on budget_list.name = daily.name
left join periods on budget_list.name = periods.name
where
    coalesce(covered.spent, 0) != coalesce(daily.spent, 0)
    -- The history has at most 400 periods, and none of a day to come.
    or (
        periods.periods < 400
        and coalesce(periods.spent, 0) > coalesce(daily.spent, 0)
    );

-- Purpose: projects that spend this month what no budget covers.
-- Grain:   one row per such project.
-- Units:   USD; days of the chosen zone.
-- Source:  runs, model_usage_rows, role_usage_rows, budget_list, current_month, has_begun.
--
-- A run is covered where a budget stands for its project, its mode, or one of its models
-- or roles; all are where one stands for everything. Nothing is said where no budget is set.

create or replace view unbudgeted_spend as
with current_budgets as materialized (
    select
        scope,
        match
    from budget_list
    where
        (starts_on is null or starts_on <= today)
        and (ends_on is null or ends_on >= today)
),

asked as (
    select
        exists (from current_budgets)
        and not exists (
            select 1 from current_budgets
            where current_budgets.scope = 'global'
        ) as is_asked
),

candidates as (
    select
        runs.run_key,
        runs.project_name,
        runs.cost_usd
    from runs
    cross join asked
    cross join current_month
    where
        asked.is_asked
        and runs.started_at >= current_month.month_start
        and has_begun(runs.started_at)
        and runs.project_name not in (
            select current_budgets.match from current_budgets
            where current_budgets.scope = 'project'
        )
        and coalesce(runs.mode, '') not in (
            select current_budgets.match from current_budgets
            where current_budgets.scope = 'mode'
        )
),

covered as (
    select model_usage_rows.run_key
    from model_usage_rows
    semi join current_budgets
        on
            current_budgets.scope = 'model'
            and model_usage_rows.model = current_budgets.match
    union
    select role_usage_rows.run_key
    from role_usage_rows
    semi join current_budgets
        on
            current_budgets.scope = 'role'
            and role_usage_rows.role = current_budgets.match
),

uncovered as (
    select * from candidates
    anti join covered on candidates.run_key = covered.run_key
)

select
    uncovered.project_name,
    date_trunc('month', any_value(present.today))::date as month,
    sum(uncovered.cost_usd) as cost,
    count(*) as runs,
    format(
        '{} has cost {} in {} {} since {}, which no budget covers.',
        left(uncovered.project_name, 100),
        usd_text(sum(uncovered.cost_usd)),
        count(*),
        case when count(*) = 1 then 'run' else 'runs' end,
        date_trunc('month', any_value(present.today))::date
    ) as explanation
from uncovered
cross join present
group by uncovered.project_name
having sum(uncovered.cost_usd) > 0;

comment on view unbudgeted_spend is
'Projects that spend what no budget covers. Grain: one row per project.';
comment on column unbudgeted_spend.project_name is
'Project.';
comment on column unbudgeted_spend.month is
'First day of the current month.';
comment on column unbudgeted_spend.cost is
'Cost in USD of this month that no budget covers, where known.';
comment on column unbudgeted_spend.runs is
'Runs that no budget covers.';
comment on column unbudgeted_spend.explanation is
'What is not covered, in words and numbers.';

-- Purpose: every budget that is set, the one of the specification among them.
-- Grain:   one row per budget.
-- Units:   USD; percent; days of the budget's own zone.
-- Source:  settings.monthly_budget as the budget of that name, budgets, chosen_moment.

create or replace view budget_list as
with chosen as (
    select
        'monthly_budget' as name,
        0 as place,
        'global' as scope,
        null::varchar as match,
        monthly_budget as amount,
        null::decimal(18, 6) as soft_amount,
        'month' as period,
        [70, 90, 100]::double[] as thresholds,
        timezone,
        1 as week_start,
        null::date as starts_on,
        null::date as ends_on
    from settings
    where monthly_budget is not null
    union all
    select
        budgets.name,
        budgets.place,
        budgets.scope,
        budgets.match,
        budgets.amount,
        budgets.soft_amount,
        budgets.period,
        budgets.thresholds,
        coalesce(budgets.timezone, settings.timezone) as timezone,
        budgets.week_start,
        budgets.starts_on,
        budgets.ends_on
    from budgets
    cross join settings
)

select
    chosen.*,
    ((chosen_moment() at time zone 'UTC') at time zone chosen.timezone)::date
        as today
from chosen;

comment on view budget_list is
'Budgets that are set. Grain: one row per budget.';
comment on column budget_list.name is
'Name; monthly_budget for the setting of that name.';
comment on column budget_list.place is
'Place in the configuration, from 1; 0 for monthly_budget.';
comment on column budget_list.scope is
'''global'', ''project'', ''model'', ''role'' or ''mode'': what match names.';
comment on column budget_list.match is
'Name of the project, model, role or mode; null where the scope is global.';
comment on column budget_list.amount is
'What a period may cost, USD.';
comment on column budget_list.soft_amount is
'What it should cost, USD; null where not set.';
comment on column budget_list.period is
'''day'', ''week'', ''month'', ''quarter'', ''year'' or ''total''.';
comment on column budget_list.thresholds is
'Percent of the amount that count as steps, ascending.';
comment on column budget_list.timezone is
'Zone in which its days are cut.';
comment on column budget_list.week_start is
'First day of its weeks, from 1, Monday, to 7, Sunday.';
comment on column budget_list.starts_on is
'First day that counts; null where open.';
comment on column budget_list.ends_on is
'Last day that counts; null where open.';
comment on column budget_list.today is
'Day of the moment in its zone.';

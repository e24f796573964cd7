-- Purpose: how much of the month's budget is spent.
-- Grain:   exactly one row, with nulls where no budget is set.
-- Units:   USD; percent from 0 upwards; UTC.
-- Source:  runs, settings, current_month, has_begun.
--
-- The budget is that of everything: filters do not narrow it, `as_of` does.
-- Green below 70 percent, yellow below 90, red from 90 on.

create or replace view budget_status as
with moment as materialized (
    select * from current_month
),

month_cost as (
    select
        coalesce(sum(runs.cost_usd), 0)::decimal(38, 12) as spent,
        count(*) filter (
            where runs.cost_usd is null
        ) as cost_unknown_runs
    from runs
    where
        runs.started_at >= (select moment.month_start from moment)
        and runs.started_at < (select moment.month_end from moment)
        and has_begun(runs.started_at)
),

compared as (
    select
        moment.month_start as period_start,
        moment.month_end as period_end,
        moment.timezone,
        settings.monthly_budget as budget,
        month_cost.spent,
        month_cost.cost_unknown_runs,
        settings.monthly_budget - month_cost.spent as remaining,
        100.0 * month_cost.spent::double
        / nullif(settings.monthly_budget::double, 0) as percent
    from month_cost
    cross join settings
    cross join moment
)

select
    *,
    case
        when budget is null then null
        when percent < 70 then 'green'
        when percent < 90 then 'yellow'
        when budget = 0 and spent = 0 then 'green'
        else 'red'
    end as level
from compared;

comment on view budget_status is
'The month''s budget. Grain: one row.';
comment on column budget_status.period_start is
'Start of the calendar month, UTC.';
comment on column budget_status.period_end is
'End of the calendar month, UTC, exclusive.';
comment on column budget_status.timezone is
'Zone in which the month is cut.';
comment on column budget_status.budget is
'Budget in USD; null where none is set.';
comment on column budget_status.spent is
'Cost in USD of the month''s runs whose cost is known.';
comment on column budget_status.cost_unknown_runs is
'Runs that spent leaves out.';
comment on column budget_status.remaining is
'Budget minus spent in USD, negative when over; null without a budget.';
comment on column budget_status.percent is
'Spent in percent of the budget; null without a budget or with one of 0.';
comment on column budget_status.level is
'''green'' below 70 percent, ''yellow'' below 90, else ''red''; null without a budget.';

-- Purpose: every period of every budget and how it ended, or how it stands.
-- Grain:   budget × period, newest first, at most the last 400 of each.
-- Units:   USD; percent from 0 upwards; days of the budget's own zone.
-- Source:  budget_list, budget_days.
--
-- Periods without runs are there. The amount is what is set now, also for the past.

create or replace view budget_history as
with listed as materialized (
    select * from budget_list
),

spends as materialized (
    select * from budget_days
),

first_days as (
    select
        name,
        min(day) as day
    from spends
    group by name
),

spans as (
    select
        listed.*,
        coalesce(listed.starts_on, first_days.day, listed.today) as first_day,
        least(listed.today, coalesce(listed.ends_on, listed.today)) as last_day
    from listed
    left join first_days on listed.name = first_days.name
),

bounds as (
    select
        *,
        period_start(period, week_start, first_day) as first_start,
        period_start(period, week_start, last_day) as last_start,
        period_step(period) as step
    from spans
    where first_day <= last_day
),

begun as (
    select
        * exclude (first_start, last_start),
        unnest(
            generate_series(
                greatest(first_start::timestamp, last_start - 399 * step),
                last_start::timestamp,
                step
            )
        )::date as period_start
    from bounds
    where period != 'total'
    union all
    select
        * exclude (first_start, last_start),
        first_day as period_start
    from bounds
    where period = 'total'
),

periods as (
    select
        *,
        least((period_start + step)::date, ends_on + 1) as period_end
    from begun
),

summed as (
    select
        periods.*,
        coalesce(sum(spends.spent), 0)::decimal(38, 12) as spent,
        coalesce(sum(spends.runs), 0)::bigint as runs,
        coalesce(sum(spends.cost_unknown_runs), 0)::bigint
            as cost_unknown_runs
    from periods
    left join spends
        on
            periods.name = spends.name
            and periods.period_start <= spends.day
            and coalesce(periods.period_end, date 'infinity') > spends.day
    group by all
),

shares as (
    select
        *,
        amount - spent as remaining,
        100.0 * spent::double / nullif(amount::double, 0) as percent
    from summed
)

select
    name,
    period,
    period_start,
    period_end,
    today >= period_start
    and coalesce(today < period_end, true) as is_current,
    amount,
    soft_amount,
    spent,
    remaining,
    percent,
    case
        when percent < 70 then 'green'
        when percent < 90 then 'yellow'
        when amount = 0 and spent = 0 then 'green'
        else 'red'
    end as level,
    (
        select max(steps.step)
        from (select unnest(shares.thresholds) as step) as steps
        where steps.step <= shares.percent
    ) as crossed,
    runs,
    cost_unknown_runs,
    timezone,
    place
from shares
order by place, period_start desc;

comment on view budget_history is
'Budgets by period, newest first. Grain: budget × period.';
comment on column budget_history.name is
'Budget.';
comment on column budget_history.period is
'Kind of period.';
comment on column budget_history.period_start is
'First day, of the budget''s zone.';
comment on column budget_history.period_end is
'Day after the last; null where it is open.';
comment on column budget_history.is_current is
'Whether the moment lies in it.';
comment on column budget_history.amount is
'What it may cost as set now, USD.';
comment on column budget_history.soft_amount is
'What it should cost, USD; null where not set.';
comment on column budget_history.spent is
'Cost in USD of what began in it and is known.';
comment on column budget_history.remaining is
'Amount minus spent in USD, negative when over.';
comment on column budget_history.percent is
'Spent in percent of the amount; null where that is 0.';
comment on column budget_history.level is
'''green'' below 70 percent, ''yellow'' below 90, else ''red''.';
comment on column budget_history.crossed is
'Highest of its thresholds that is reached, percent; null where none is.';
comment on column budget_history.runs is
'Runs that it counts.';
comment on column budget_history.cost_unknown_runs is
'Of these, runs that spent leaves out.';
comment on column budget_history.timezone is
'Zone in which its days are cut.';
comment on column budget_history.place is
'Place of the budget in the configuration.';

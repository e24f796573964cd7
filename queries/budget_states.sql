-- Purpose: how each budget stands now and how its period is expected to end.
-- Grain:   one row per budget, in the order of the configuration.
-- Units:   USD; percent from 0 upwards; days of the budget's own zone.
-- Source:  budget_list, budget_history, budget_course.

create or replace view budget_states as
with current as materialized (
    select * from budget_history
    where is_current
),

course as materialized (
    select * from budget_course
),

ends as (
    select
        course.name,
        max(course.projected) as projected,
        max(course.low) as projected_low,
        max(course.high) as projected_high,
        max(course.method) as forecast_method,
        min(course.day) filter (
            where coalesce(course.spent::double, course.projected)
            >= budget_list.amount::double
            or course.projected >= budget_list.amount::double
        ) as exhausted_on
    from course
    inner join budget_list on course.name = budget_list.name
    group by course.name
)

select
    budget_list.name,
    budget_list.scope,
    budget_list.match,
    budget_list.period,
    case
        when current.name is not null then 'current'
        when budget_list.today < budget_list.starts_on then 'not started'
        else 'ended'
    end as state,
    current.period_start,
    current.period_end,
    budget_list.amount,
    budget_list.soft_amount,
    budget_list.thresholds,
    current.spent,
    current.remaining,
    current.percent,
    current.level,
    current.crossed,
    current.spent > budget_list.soft_amount as is_over_soft,
    current.spent > budget_list.amount as is_over,
    case
        when current.period_end is not null
            then ends.projected > budget_list.amount::double
    end as is_expected_over,
    current.spent::double
    / (budget_list.today - current.period_start + 1) as burn_per_day,
    current.period_end - budget_list.today as days_left,
    case when current.period_end is not null then ends.projected end
        as projected,
    case when current.period_end is not null then ends.projected_low end
        as projected_low,
    case when current.period_end is not null then ends.projected_high end
        as projected_high,
    case
        when current.period_end is not null
            then
                100.0 * ends.projected
                / nullif(budget_list.amount::double, 0)
    end as projected_percent,
    ends.exhausted_on,
    ends.forecast_method,
    current.runs,
    current.cost_unknown_runs,
    budget_list.timezone,
    budget_list.today,
    budget_list.place
from budget_list
left join current on budget_list.name = current.name
left join ends on budget_list.name = ends.name
order by budget_list.place;

comment on view budget_states is
'How each budget stands and is expected to end. Grain: one row per budget.';
comment on column budget_states.name is
'Budget.';
comment on column budget_states.scope is
'''global'', ''project'', ''model'', ''role'' or ''mode''.';
comment on column budget_states.match is
'Name of what it covers; null where the scope is global.';
comment on column budget_states.period is
'Kind of period.';
comment on column budget_states.state is
'''current'', ''not started'' or ''ended''; only a current one has figures.';
comment on column budget_states.period_start is
'First day of the current period.';
comment on column budget_states.period_end is
'Day after its last; null where it is open.';
comment on column budget_states.amount is
'What the period may cost, USD.';
comment on column budget_states.soft_amount is
'What it should cost, USD; null where not set.';
comment on column budget_states.thresholds is
'Percent of the amount that count as steps, ascending.';
comment on column budget_states.spent is
'Cost in USD so far, where known.';
comment on column budget_states.remaining is
'Amount minus spent in USD, negative when over.';
comment on column budget_states.percent is
'Spent in percent of the amount; null where that is 0.';
comment on column budget_states.level is
'''green'' below 70 percent, ''yellow'' below 90, else ''red''.';
comment on column budget_states.crossed is
'Highest threshold that is reached, percent; null where none is.';
comment on column budget_states.is_over_soft is
'Whether more is spent than soft_amount; null where not set.';
comment on column budget_states.is_over is
'Whether more is spent than the amount; null where not current.';
comment on column budget_states.is_expected_over is
'Whether more is projected than the amount; null where nothing is projected.';
comment on column budget_states.burn_per_day is
'Spent in USD by days of the period so far, today included.';
comment on column budget_states.days_left is
'Days to the end of the period, today included; null where it is open.';
comment on column budget_states.projected is
'Cost in USD that is expected by the end of the period; null without history or end. See budget_course.';
comment on column budget_states.projected_low is
'Lower end of the interval that holds it in about 80 of 100 cases.';
comment on column budget_states.projected_high is
'Upper end of that interval.';
comment on column budget_states.projected_percent is
'Projected in percent of the amount.';
comment on column budget_states.exhausted_on is
'Day on which the amount was reached, or is expected to be; null where it is not.';
comment on column budget_states.forecast_method is
'''weekday'': mean of the same weekday; ''mean'': mean of all days; null without history.';
comment on column budget_states.runs is
'Runs that it counts.';
comment on column budget_states.cost_unknown_runs is
'Of these, runs that spent leaves out.';
comment on column budget_states.timezone is
'Zone in which its days are cut.';
comment on column budget_states.today is
'Day of the moment in that zone.';
comment on column budget_states.place is
'Place in the configuration.';

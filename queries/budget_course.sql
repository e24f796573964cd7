-- Purpose: how the current period of each budget went, and how it is expected to go on.
-- Grain:   budget × day of its current period, up to 366 days ahead.
-- Units:   USD, summed from the start of the period; days of the budget's own zone.
-- Source:  budget_list, budget_history, budget_days.
--
-- The forecast: each day to come costs the mean of the same weekday in the last 42 days;
-- with fewer than 28 days of history, the mean of all of them; without any, nothing is
-- said. Today costs at least what it has cost already. The interval is two standard
-- deviations wide to each side, of the days and of their means: independent days would
-- stay inside in 95 of 100 cases; days that follow trends did in about 80, as a
-- back-test shows (docs/forecast.md).

create or replace view budget_course as
with listed as materialized (
    select * from budget_list
),

spends as materialized (
    select * from budget_days
),

current as materialized (
    select
        budget_history.name,
        budget_history.place,
        budget_history.period_start,
        budget_history.period_end,
        budget_history.spent,
        listed.today
    from budget_history
    inner join listed on budget_history.name = listed.name
    where budget_history.is_current
),

windows as (
    select
        listed.name,
        listed.today,
        greatest(min(spends.day), listed.today - 42) as first_day
    from listed
    inner join spends on listed.name = spends.name
    group by listed.name, listed.today
),

window_days as (
    select
        name,
        today - first_day >= 28 as is_seasonal,
        unnest(
            generate_series(
                first_day::timestamp,
                (today - 1)::timestamp,
                interval 1 day
            )
        )::date as day
    from windows
),

past as (
    select
        window_days.name,
        window_days.day,
        window_days.is_seasonal,
        coalesce(spends.spent, 0)::double as spent
    from window_days
    left join spends
        on window_days.name = spends.name and window_days.day = spends.day
),

means as (
    select
        name,
        case when is_seasonal then isodow(day) end as weekday,
        -- In the order of days, which sums of doubles follow; rounded, as they leave crumbs.
        round(list_avg(list(spent order by day)), 12) as mean,
        round(coalesce(list_var_samp(list(spent order by day)), 0), 12)
            as variance,
        count(*) as days
    from past
    group by name, weekday
),

ahead as (
    select
        name,
        place,
        today,
        spent,
        unnest(
            generate_series(
                today::timestamp,
                least(period_end - 1, today + 365)::timestamp,
                interval 1 day
            )
        )::date as day
    from current
),

expected as (
    select
        ahead.*,
        means.mean,
        means.variance,
        means.days,
        means.weekday is not null as is_seasonal,
        row_number() over (
            partition by ahead.name, means.weekday order by ahead.day
        ) as nth,
        coalesce(spends.spent, 0)::double as spent_today
    from ahead
    inner join means
        on
            ahead.name = means.name
            and coalesce(means.weekday, isodow(ahead.day)) = isodow(ahead.day)
    left join spends
        on
            ahead.name = spends.name
            and ahead.day = spends.day
            and ahead.day = ahead.today
),

summed as (
    select
        name,
        place,
        day,
        today,
        spent,
        is_seasonal,
        spent::double + sum(greatest(mean - spent_today, 0)) over to_date
            as projected,
        -- The error of a mean comes back with each further day that uses it.
        2 * sqrt(
            sum(variance * (1 + (2 * nth - 1) / days::double)) over to_date
        ) as margin
    from expected
    window
        to_date as (
            partition by name order by day
            rows between unbounded preceding and current row
        )
),

gone_days as (
    select
        name,
        place,
        period_start,
        today,
        unnest(
            generate_series(
                greatest(period_start, today - 3660)::timestamp,
                today::timestamp,
                interval 1 day
            )
        )::date as day
    from current
),

gone as (
    select
        gone_days.name,
        gone_days.place,
        gone_days.day,
        sum(coalesce(spends.spent, 0)) over (
            partition by gone_days.name order by gone_days.day
            rows between unbounded preceding and current row
        )::decimal(38, 12) as spent
    from gone_days
    left join spends
        on gone_days.name = spends.name and gone_days.day = spends.day
)

select
    coalesce(gone.name, summed.name) as name,
    coalesce(gone.day, summed.day) as day,
    gone.spent,
    summed.projected,
    greatest(summed.projected - summed.margin, summed.spent::double) as low,
    summed.projected + summed.margin as high,
    case
        when summed.is_seasonal then 'weekday'
        when summed.projected is not null then 'mean'
    end as method,
    coalesce(gone.place, summed.place) as place
from gone
full outer join summed
    on gone.name = summed.name and gone.day = summed.day
order by place, day;

comment on view budget_course is
'Spend of the current period of each budget so far, and the forecast. Grain: budget × day.';
comment on column budget_course.name is
'Budget.';
comment on column budget_course.day is
'Day of the budget''s zone.';
comment on column budget_course.spent is
'Cost in USD from the start of the period to the end of that day; null for days to come.';
comment on column budget_course.projected is
'Cost in USD that is expected by the end of that day; null for days gone and without history.';
comment on column budget_course.low is
'Lower end of the interval that holds it in about 80 of 100 cases.';
comment on column budget_course.high is
'Upper end of that interval.';
comment on column budget_course.method is
'''weekday'': mean of the same weekday; ''mean'': mean of all days; null where nothing is expected.';
comment on column budget_course.place is
'Place of the budget in the configuration.';

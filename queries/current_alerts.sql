-- Purpose: everything that should be known of now: budgets and anomalies, worst first.
-- Grain:   one row per rule, subject and period.
-- Units:   USD where the rule is of cost; see anomalies.
-- Source:  budget_states, anomalies, alert_settings.
--
-- A budget is at WARNING from its first threshold or its soft amount on, at ALERT when it is
-- used up, and has NO_DATA where the cost of none of its runs is known. A forecast is not
-- told where the amount is spent already. Rules that are off are left out.

create or replace view current_alerts as
with budget_rows as (
    select
        *,
        if(name = 'monthly_budget', 'The monthly budget', name) as label
    from budget_states
    where state = 'current'
),

found as (
    select
        'budget' as rule,
        case
            when is_over or percent >= 100 then 'ALERT'
            when runs > 0 and runs = cost_unknown_runs then 'NO_DATA'
            else 'WARNING'
        end as state,
        'budget' as scope,
        name as subject,
        period_start as day,
        period_start as first_day,
        spent::double as value,
        null::double as usual,
        amount::double as upper_limit,
        runs,
        case
            when runs > 0 and runs = cost_unknown_runs
                then format(
                    '{}: the cost of none of its {} runs since {} is known.',
                    left(label, 100), runs, period_start
                )
            else format(
                '{}: {} of {} spent since {}{}{}{}.',
                left(label, 100),
                usd_text(spent),
                usd_text(amount),
                period_start,
                coalesce(format(', {:.0f}%', percent), ''),
                if(
                    is_over_soft,
                    ', more than the soft amount of ' || usd_text(soft_amount),
                    ''
                ),
                if(
                    cost_unknown_runs > 0,
                    format(
                        ', without {} of unknown cost',
                        if(
                            cost_unknown_runs = 1,
                            '1 run',
                            cost_unknown_runs || ' runs'
                        )
                    ),
                    ''
                )
            )
        end as explanation
    from budget_rows
    where
        is_over
        or crossed is not null
        or is_over_soft
        or (runs > 0 and runs = cost_unknown_runs)
    union all
    select
        'forecast' as rule,
        'WARNING' as state,
        'budget' as scope,
        name as subject,
        period_start as day,
        period_start as first_day,
        projected as value,
        null as usual,
        amount::double as upper_limit,
        runs,
        format(
            '{} is expected to end at {} of {}, in about 80 of 100 cases'
            || ' at {} to {}{}.',
            left(label, 100),
            usd_text(projected),
            usd_text(amount),
            usd_text(projected_low),
            usd_text(projected_high),
            coalesce(format(', and to be used up on {}', exhausted_on), '')
        ) as explanation
    from budget_rows
    where
        is_expected_over
        and not is_over
    union all
    select
        rule,
        state,
        scope,
        subject,
        day,
        first_day,
        value,
        usual,
        upper_limit,
        runs,
        explanation
    from anomalies
)

select found.*
from found
cross join alert_settings
where not list_contains(alert_settings.off, found.rule)
order by
    list_position(['ALERT', 'WARNING', 'NO_DATA'], found.state),
    found.first_day desc,
    found.rule,
    found.subject;

comment on view current_alerts is
'What should be known of now, worst first. Grain: rule × subject × period.';
comment on column current_alerts.rule is
'''budget'', ''forecast'' or a rule of anomalies.';
comment on column current_alerts.state is
'''ALERT'', ''WARNING'' or ''NO_DATA''.';
comment on column current_alerts.scope is
'What the subject is: ''budget'', ''project'', ''model'' or ''run''.';
comment on column current_alerts.subject is
'Name of the budget, project or model, or the run.';
comment on column current_alerts.day is
'First day of the period, or the day; null where it is the week up to now.';
comment on column current_alerts.first_day is
'First day of what it is about.';
comment on column current_alerts.value is
'What was found: USD, seconds, jobs, runs or a rate from 0 to 1.';
comment on column current_alerts.usual is
'What is usual, in the same unit; null where nothing is.';
comment on column current_alerts.upper_limit is
'Amount of the budget, or from which value on it is flagged; null where it is no limit on the value.';
comment on column current_alerts.runs is
'Runs or jobs behind the value.';
comment on column current_alerts.explanation is
'Why it is told, in words and numbers.';

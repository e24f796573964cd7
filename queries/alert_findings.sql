-- Purpose: what the rules for alerts find now, and which budgets are as they should be.
-- Grain:   one row per rule, subject and period.
-- Units:   USD where the rule is of cost; see anomalies.
-- Source:  budget_findings, budget_states, anomalies, alert_settings.
--
-- A budget's period that ended yesterday is here where it is not OK. A forecast is not told
-- where the amount is spent already. Rules that are off are left out.

create or replace view alert_findings as
with found as (
    select
        'budget' as rule,
        state,
        'budget' as scope,
        name as subject,
        period_start as day,
        period_start as first_day,
        is_current,
        level,
        spent::double as value,
        null::double as usual,
        amount::double as upper_limit,
        runs,
        explanation
    from budget_findings
    where is_current or state != 'OK'
    union all
    select
        'forecast' as rule,
        'WARNING' as state,
        'budget' as scope,
        name as subject,
        period_start as day,
        period_start as first_day,
        true as is_current,
        0 as level,
        projected as value,
        null as usual,
        amount::double as upper_limit,
        runs,
        format(
            '{} is expected to end at {} of {}, in about 80 of 100 cases'
            || ' at {} to {}{}.',
            left(
                case
                    when name = 'monthly_budget' then 'The monthly budget' else name
                end,
                100
            ),
            usd_text(projected),
            usd_text(amount),
            usd_text(projected_low),
            usd_text(projected_high),
            coalesce(format(', and to be used up on {}', exhausted_on), '')
        ) as explanation
    from budget_states
    where
        state = 'current'
        and is_expected_over
        and not is_over
    union all
    select
        rule,
        state,
        scope,
        subject,
        day,
        first_day,
        true as is_current,
        0 as level,
        value,
        usual,
        upper_limit,
        runs,
        explanation
    from anomalies
)

select
    found.*,
    md5(
        concat_ws(
            '|', found.rule, found.scope, coalesce(found.day::varchar, ''),
            found.subject
        )
    ) as alert_key
from found
cross join alert_settings
where not list_contains(alert_settings.off, found.rule);

comment on view alert_findings is
'What the rules for alerts find now, with the budgets that are as they should be. Grain: rule × subject × period.';
comment on column alert_findings.rule is
'''budget'', ''forecast'' or a rule of anomalies.';
comment on column alert_findings.state is
'''ALERT'', ''WARNING'', ''NO_DATA'' or ''OK''; only budgets are OK.';
comment on column alert_findings.scope is
'What the subject is: ''budget'', ''project'', ''model'' or ''run''.';
comment on column alert_findings.subject is
'Name of the budget, project or model, or the run.';
comment on column alert_findings.day is
'First day of the period, or the day; null where it is the week up to now.';
comment on column alert_findings.first_day is
'First day of what it is about.';
comment on column alert_findings.is_current is
'Whether its period goes on; false for a budget''s period that ended yesterday.';
comment on column alert_findings.level is
'Highest step that a budget has reached, in percent of its amount; 0 where there is none.';
comment on column alert_findings.value is
'What was found: USD, seconds, jobs, runs or a rate from 0 to 1.';
comment on column alert_findings.usual is
'What is usual, in the same unit; null where nothing is.';
comment on column alert_findings.upper_limit is
'Amount of the budget, or from which value on it is flagged; null where it is no limit on the value.';
comment on column alert_findings.runs is
'Runs or jobs behind the value.';
comment on column alert_findings.explanation is
'Why it is told, in words and numbers.';
comment on column alert_findings.alert_key is
'What makes it the same alert: hash of rule, scope, period and subject.';

-- Purpose: everything that should be known of now: budgets and anomalies, worst first.
-- Grain:   one row per rule, subject and period.
-- Units:   USD where the rule is of cost; see anomalies. Moments are UTC.
-- Source:  alert_findings, alerts, chosen_moment.
--
-- alert_findings has the rules. What was decided of it, acknowledged or snoozed is null
-- until a daemon or `runmeter notify` has looked.

create or replace view current_alerts as
with decided as (
    select
        alerts.alert_key,
        alerts.alert_id,
        case
            when alerts.acknowledged_at <= chosen_moment() then alerts.acknowledged_at
        end as acknowledged_at,
        case
            when alerts.snoozed_until > chosen_moment() then alerts.snoozed_until
        end as snoozed_until
    from alerts
    where
        alerts.opened_at <= chosen_moment()
        and coalesce(alerts.over_at > chosen_moment(), true)
)

select
    alert_findings.rule,
    alert_findings.state,
    alert_findings.scope,
    alert_findings.subject,
    alert_findings.day,
    alert_findings.first_day,
    alert_findings.value,
    alert_findings.usual,
    alert_findings.upper_limit,
    alert_findings.runs,
    alert_findings.explanation,
    decided.alert_id,
    decided.acknowledged_at,
    decided.snoozed_until
from alert_findings
left join decided on alert_findings.alert_key = decided.alert_key
where
    alert_findings.is_current
    and alert_findings.state != 'OK'
order by
    list_position(['ALERT', 'WARNING', 'NO_DATA'], alert_findings.state),
    alert_findings.first_day desc,
    alert_findings.rule,
    alert_findings.subject;

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
comment on column current_alerts.alert_id is
'Identity of the alert, for acknowledging and snoozing; null until it was decided on.';
comment on column current_alerts.acknowledged_at is
'Since when somebody knows of it, UTC; null while nobody said so.';
comment on column current_alerts.snoozed_until is
'Until when it is silent, UTC; null where it is not.';

-- Purpose: alerts that are over.
-- Grain:   one row per alert, the newest 1,000, the last to end first.
-- Units:   moments in UTC.
-- Source:  alerts, alert_events, chosen_moment.

create or replace view past_alerts as
with worst as (
    select
        alert_id,
        arg_max(
            state, list_position(['NO_DATA', 'WARNING', 'ALERT'], state)
        ) filter (where state != 'OK') as state,
        count(*) filter (where is_spoken) as times_told
    from alert_events
    group by alert_id
)

select
    alerts.alert_id,
    alerts.rule,
    worst.state,
    alerts.scope,
    alerts.subject,
    alerts.period as day,
    alerts.first_day,
    alerts.opened_at,
    alerts.over_at,
    worst.times_told,
    alerts.explanation
from alerts
inner join worst on alerts.alert_id = worst.alert_id
where alerts.over_at <= chosen_moment()
order by alerts.over_at desc, alerts.alert_id
limit 1000;

comment on view past_alerts is
'Alerts that are over, the last to end first. Grain: one row per alert, the newest 1,000.';
comment on column past_alerts.alert_id is
'Identity.';
comment on column past_alerts.rule is
'''budget'', ''forecast'' or a rule of anomalies.';
comment on column past_alerts.state is
'The worst that it was: ''ALERT'', ''WARNING'' or ''NO_DATA''.';
comment on column past_alerts.scope is
'What the subject is: ''budget'', ''project'', ''model'' or ''run''.';
comment on column past_alerts.subject is
'Name of the budget, project or model, or the run.';
comment on column past_alerts.day is
'First day of its period, or its day; null where it had none.';
comment on column past_alerts.first_day is
'First day of what it was about.';
comment on column past_alerts.opened_at is
'When it was first found, UTC.';
comment on column past_alerts.over_at is
'When it was over, UTC.';
comment on column past_alerts.times_told is
'How often the channels were told of it.';
comment on column past_alerts.explanation is
'What was said of it last.';

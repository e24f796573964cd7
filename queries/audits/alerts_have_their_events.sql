-- Rule: An alert is there once, with its events from 1 on, and is in the state of the last.
-- Returns the rows that break it.

with told as (
    select
        alert_id,
        count(*) as events,
        count(distinct number) as numbers,
        max(number) as newest,
        arg_max(state, number) as state
    from alert_events
    group by alert_id
)

select
    coalesce(alerts.alert_id, told.alert_id) as alert_id,
    alerts.state,
    told.state as event_state,
    told.events
from alerts
full outer join told on alerts.alert_id = told.alert_id
where
    alerts.alert_id is null
    or told.alert_id is null
    or told.events != alerts.events
    or told.numbers != alerts.events
    or told.newest != alerts.events
    or told.state != alerts.state
    or (alerts.over_at is null) = (alerts.state = 'OK')
union all
select
    alert_id,
    null as state,
    null as event_state,
    count(*) as events
from alerts
group by alert_id
having count(*) > 1;

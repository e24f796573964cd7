-- Purpose: how many alerts wait for somebody, and how many channels rest.
-- Grain:   exactly one row.
-- Units:   alerts; channels.
-- Source:  alerts, alert_watch, channel_health, chosen_moment.
--
-- Those that are open, that nobody has acknowledged and that are not snoozed.

create or replace view alert_bell as
with counted as (
    select count(*) as waiting
    from alerts
    where
        alerts.over_at is null
        and alerts.acknowledged_at is null
        and coalesce(alerts.snoozed_until <= chosen_moment(), true)
)

select
    case
        when (select count(*) from alert_watch) > 0 then counted.waiting
    end as open_alerts,
    (
        select count(*) from channel_health
        where result = 'paused'
    ) as paused_channels
from counted;

comment on view alert_bell is
'How many alerts wait for somebody, and how many channels rest. Grain: one row.';
comment on column alert_bell.open_alerts is
'Alerts that are open, not acknowledged and not snoozed; null where nobody has looked for any yet.';
comment on column alert_bell.paused_channels is
'Channels that rest after many failures.';

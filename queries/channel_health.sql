-- Purpose: how the channels of alerts are.
-- Grain:   one row per channel that is configured, by name.
-- Units:   messages; moments in UTC.
-- Source:  channel_states, deliveries, chosen_moment.

create or replace view channel_health as
with pending as (
    select
        channel,
        count(*) as waiting
    from deliveries
    where try_at is not null
    group by channel
)

select
    channel_states.channel,
    case
        when channel_states.paused_until > chosen_moment() then 'paused'
        when channel_states.failures > 0 then 'failing'
        when channel_states.last_delivered_at is not null then 'works'
        else 'not used yet'
    end as result,
    channel_states.failures,
    case
        when channel_states.paused_until > chosen_moment()
            then channel_states.paused_until
    end as paused_until,
    nullif(channel_states.last_error, '') as last_error,
    channel_states.last_delivered_at,
    coalesce(pending.waiting, 0)::bigint as waiting
from channel_states
left join pending on channel_states.channel = pending.channel
order by channel_states.channel;

comment on view channel_health is
'How the channels of alerts are. Grain: one row per channel.';
comment on column channel_health.channel is
'Name.';
comment on column channel_health.result is
'''works'', ''failing'', ''paused'' after many failures, or ''not used yet''.';
comment on column channel_health.failures is
'Failures in a row.';
comment on column channel_health.paused_until is
'Until when it rests, UTC; null where it does not.';
comment on column channel_health.last_error is
'Why it failed last; null since it last took a message.';
comment on column channel_health.last_delivered_at is
'When it last took a message, UTC; null where it took none.';
comment on column channel_health.waiting is
'Messages that wait for it.';

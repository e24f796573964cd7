-- Purpose: what was sent or is to be sent through the channels.
-- Grain:   message × channel, the newest 1,000.
-- Units:   moments in UTC.
-- Source:  messages, deliveries, chosen_moment.

create or replace view sent_messages as
select
    messages.message_id,
    messages.kind,
    messages.title,
    messages.state,
    deliveries.channel,
    case
        when deliveries.delivered_at is not null then 'delivered'
        when deliveries.given_up_at is not null then 'given up'
        when deliveries.attempts > 0 then 'tried again'
        else 'waiting'
    end as result,
    messages.made_at,
    deliveries.delivered_at,
    deliveries.given_up_at,
    deliveries.try_at,
    deliveries.attempts,
    deliveries.error
from messages
inner join deliveries on messages.message_id = deliveries.message_id
where messages.made_at <= chosen_moment()
order by messages.made_at desc, messages.message_id, deliveries.channel
limit 1000;

comment on view sent_messages is
'What was sent or is to be sent through channels, newest first. Grain: message × channel, the newest 1,000.';
comment on column sent_messages.message_id is
'Identity of the message.';
comment on column sent_messages.kind is
'''alert'' or ''report''.';
comment on column sent_messages.title is
'Title of the message.';
comment on column sent_messages.state is
'State that it tells of.';
comment on column sent_messages.channel is
'Channel.';
comment on column sent_messages.result is
'''delivered'', ''given up'', ''tried again'' after a failure, or ''waiting''.';
comment on column sent_messages.made_at is
'When it became true, UTC.';
comment on column sent_messages.delivered_at is
'When the receiver took it, UTC; null where it did not.';
comment on column sent_messages.given_up_at is
'When it was given up, UTC; null where it was not.';
comment on column sent_messages.try_at is
'When it is tried next, UTC; null where it is not.';
comment on column sent_messages.attempts is
'How often it was tried in vain.';
comment on column sent_messages.error is
'Why the last try failed; null where none did.';

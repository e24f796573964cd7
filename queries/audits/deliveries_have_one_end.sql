-- Rule: A message goes once to each channel, and is delivered, given up or yet to be tried.
-- Returns the rows that break it.

select
    deliveries.message_id,
    deliveries.channel,
    count(*) as times
from deliveries
left join messages on deliveries.message_id = messages.message_id
group by deliveries.message_id, deliveries.channel
having
    count(*) != 1
    or count(messages.message_id) != 1
    or count(deliveries.delivered_at) + count(deliveries.given_up_at) + count(deliveries.try_at)
    != 1;

-- Purpose: scheduled reports: when each is due next, and what became of the last one.
-- Grain:   one row per report, in the order of the configuration.
-- Units:   bytes; times of the chosen zone.
-- Source:  reports, deliveries, in_zone.

create or replace view report_list as
with sent as (
    select
        reports.name,
        count(*) as channels_asked,
        count(deliveries.delivered_at) as channels_reached,
        count(deliveries.given_up_at) as channels_given_up,
        max(deliveries.delivered_at) as delivered_at,
        string_agg(
            deliveries.channel || ': ' || deliveries.error, '; '
            order by deliveries.channel
        ) filter (where deliveries.delivered_at is null) as error
    from reports
    inner join deliveries on reports.message_id = deliveries.message_id
    group by reports.name
)

select
    reports.name,
    reports.report,
    reports.format,
    reports.due_when,
    reports.timezone,
    reports.filters,
    reports.channels,
    in_zone(reports.next_due_at) as next_due,
    in_zone(reports.due_at) as last_due,
    reports.first_day,
    reports.last_day,
    case
        when reports.state != 'made' then reports.state
        when sent.channels_given_up > 0 then 'undelivered'
        when sent.channels_reached = sent.channels_asked then 'sent'
        else 'sending'
    end as outcome,
    in_zone(reports.made_at) as made,
    in_zone(sent.delivered_at) as sent,
    in_zone(reports.retry_at) as next_try,
    reports.attempts,
    reports.file_name,
    reports.file_bytes,
    case
        when reports.state = 'made' then sent.error else reports.error
    end as error
from reports
left join sent on reports.name = sent.name
order by reports.place;

comment on view report_list is
'Scheduled reports: when each is due next and what became of the last one. Grain: one row per report.';
comment on column report_list.name is
'Name.';
comment on column report_list.report is
'''overview'' or a kind of runmeter report.';
comment on column report_list.format is
'''xlsx'', ''pdf'', ''parquet'', ''csv'' or ''json''.';
comment on column report_list.due_when is
'When it is due, in words.';
comment on column report_list.timezone is
'Zone in which it is due and its days are cut.';
comment on column report_list.filters is
'What it is narrowed to, as a query; empty for everything.';
comment on column report_list.channels is
'Channels that it goes through.';
comment on column report_list.next_due is
'When it is due next, in the chosen zone.';
comment on column report_list.last_due is
'When it was last due, in the chosen zone; null where it never was.';
comment on column report_list.first_day is
'First day of the period that had ended then.';
comment on column report_list.last_day is
'Last day of that period.';
comment on column report_list.outcome is
'''waiting'', ''making'', ''retrying'', ''failed'', ''sending'', ''sent'', or ''undelivered'' where a channel was given up.';
comment on column report_list.made is
'When it was last made, in the chosen zone.';
comment on column report_list.sent is
'When a channel last took it, in the chosen zone; null where none has.';
comment on column report_list.next_try is
'When making it is tried again, in the chosen zone; null where it is not.';
comment on column report_list.attempts is
'How often making the last one was tried.';
comment on column report_list.file_name is
'Name of the file that was sent.';
comment on column report_list.file_bytes is
'Size of the file in bytes.';
comment on column report_list.error is
'Why it could not be made, or why channels did not take it; null where nothing failed.';

-- Purpose: the calendar month that it is.
-- Grain:   exactly one row.
-- Units:   UTC; months of the chosen zone.
-- Source:  chosen_moment, chosen_zone.
--
-- Not part of `clock`, because the overview shows the month's budget first of all, and the
-- rest of the clock takes longer to plan than the budget.

create or replace view current_month as
with zone as (
    select chosen_zone() as timezone
),

month as (
    select
        timezone,
        date_trunc(
            'month', (chosen_moment() at time zone 'UTC') at time zone timezone
        )::timestamp as first_moment
    from zone
)

select
    timezone,
    (first_moment at time zone timezone) at time zone 'UTC' as month_start,
    ((first_moment + interval 1 month) at time zone timezone)
    at time zone 'UTC' as month_end
from month;

comment on view current_month is
'The calendar month that it is. Grain: one row.';
comment on column current_month.timezone is
'Zone in which months are cut: variable timezone, else the setting.';
comment on column current_month.month_start is
'Start of the current calendar month in the zone, UTC.';
comment on column current_month.month_end is
'Start of the next calendar month in the zone, UTC.';

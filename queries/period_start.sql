-- Purpose: where a budget's period begins.
-- Grain:   scalar macro: one day for one day.
-- Units:   days; `week_start` from 1, Monday, to 7, Sunday.
-- Source:  nothing but its arguments.

create or replace macro period_start(period, week_start, day) as
case period
    when 'week'
        then day::date - ((isodow(day::date) - week_start + 7) % 7)::integer
    when 'total' then null
    else date_trunc(period, day::date)::date
end;

comment on macro period_start is  -- noqa: PRS
'First day of the period of a budget that holds a day; null for the period total.';

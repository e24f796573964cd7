-- Purpose: how long a budget's period is.
-- Grain:   scalar macro: one interval for one kind of period.
-- Units:   calendar intervals: a month is as long as it is.
-- Source:  nothing but its argument.

create or replace macro period_step(period) as
case period
    when 'day' then interval 1 day
    when 'week' then interval 7 days
    when 'month' then interval 1 month
    when 'quarter' then interval 3 months
    when 'year' then interval 1 year
end;

comment on macro period_step is  -- noqa: PRS
'Length of the period of a budget; null for the period total.';

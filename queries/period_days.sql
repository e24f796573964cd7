-- Purpose: the periods from one day to another.
-- Grain:   scalar macro: a list with the first day of each.
-- Units:   days; `grain` is 'day', 'week' or 'month', `week_start` from 1, Monday, to 7, Sunday.
-- Source:  period_start.

create or replace macro period_days(grain, week_start, first_day, last_day) as
generate_series(
    period_start(grain, week_start, first_day)::timestamp,
    last_day::timestamp,
    ('1 ' || grain)::interval
)::date[];

comment on macro period_days is  -- noqa: PRS
'First days of the periods from the one that holds a day to the one that holds another.';

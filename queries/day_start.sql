-- Purpose: where a day begins in the chosen zone.
-- Grain:   scalar macro: one time for one day.
-- Units:   a day or local time of the zone in, UTC out.
-- Source:  chosen_zone.

create or replace macro day_start(day) as
(day::timestamp at time zone chosen_zone()) at time zone 'UTC';

comment on macro day_start is  -- noqa: PRS
'Start of a day (or a local time) of the chosen zone, in UTC.';

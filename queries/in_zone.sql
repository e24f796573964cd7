-- Purpose: a stored time as the clocks of the chosen zone show it.
-- Grain:   scalar macro: one time for one time.
-- Units:   UTC in, local time of the zone out.
-- Source:  chosen_zone.

create or replace macro in_zone(moment) as
(moment at time zone 'UTC') at time zone chosen_zone();

comment on macro in_zone is  -- noqa: PRS
'A time in UTC as local time of the chosen zone.';

-- Purpose: the step in UTC that a moment lies in, by which series group runs before they bring the
--          groups into the zone.
-- Grain:   scalar macro: one time for one moment.
-- Units:   UTC.
-- Source:  session variable `told_bucket`, minutes, see widest_bucket.
--
-- No day of any zone begins within a quarter hour. Where the session was told of wider steps there
-- are fewer groups: 35,000 quarter hours of a year take three times as long as 8,800 hours.

create or replace macro bucket_start(moment) as
time_bucket(
    to_minutes(coalesce(getvariable('told_bucket')::integer, 15)), moment
);

comment on macro bucket_start is  -- noqa: PRS
'The step in UTC that a moment lies in, within which no day of the zone begins.';

-- Purpose: a duration as a whole number, so that sums and means of many are exact.
-- Grain:   scalar macro: one number for one number.
-- Units:   microseconds for seconds.
-- Source:  its argument.
--
-- Sums of doubles follow the order in which threads meet the rows: in their last digit two
-- snapshots of the same rows would differ. Times have microseconds, so nothing is lost.

create or replace macro whole_microseconds(seconds) as
(seconds * 1e6)::bigint;

comment on macro whole_microseconds is  -- noqa: PRS
'Microseconds of a duration in seconds, a whole number, so that sums are exact.';

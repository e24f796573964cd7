-- Purpose: the one test by which a range chooses moments.
-- Grain:   scalar macro: true or false for one moment.
-- Units:   UTC.
-- Source:  session variables `range_from` and `range_to`; the end is left out.
--
-- A moment that is unknown is in no range.

create or replace macro in_range(moment) as
(
    getvariable('range_from') is null
    or moment >= try_cast(getvariable('range_from') as timestamp)
)
and (
    getvariable('range_to') is null
    or moment < try_cast(getvariable('range_to') as timestamp)
);

comment on macro in_range is  -- noqa: PRS
'Whether a moment lies in the range of the session variables; true where there is none.';

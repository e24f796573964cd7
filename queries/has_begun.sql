-- Purpose: the one test by which a moment that is asked for leaves out what began later.
-- Grain:   scalar macro: true or false for one moment.
-- Units:   UTC.
-- Source:  session variable `as_of`; without it nothing is left out, not even what a fast clock wrote.
--
-- A moment that is unknown counts as begun.

create or replace macro has_begun(moment) as
moment is null
or moment <= coalesce(
    try_cast(getvariable('as_of') as timestamp), timestamp 'infinity'
);

comment on macro has_begun is  -- noqa: PRS
'Whether what began at a moment counts: it began by as_of, or as_of is not set, or it is unknown when.';

-- Purpose: now.
-- Grain:   scalar macro: a moment, the same for every row of a transaction.
-- Units:   UTC.
-- Source:  session variable `as_of`, else the system clock.

create or replace macro chosen_moment() as
coalesce(
    try_cast(getvariable('as_of') as timestamp), now() at time zone 'UTC'
);

comment on macro chosen_moment is  -- noqa: PRS
'The moment that is asked for, else the one that the system clock shows, UTC.';

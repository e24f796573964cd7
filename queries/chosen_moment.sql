-- Purpose: now.
-- Grain:   scalar macro: a moment, the same for every row of a transaction.
-- Units:   UTC.
-- Source:  session variables `as_of` and `asked_at`, else the system clock.
--
-- With `asked_at` several connections that are asked at once have one now; unlike `as_of` it
-- leaves nothing out.

create or replace macro chosen_moment() as
coalesce(
    try_cast(getvariable('as_of') as timestamp),
    try_cast(getvariable('asked_at') as timestamp),
    now() at time zone 'UTC'
);

comment on macro chosen_moment is  -- noqa: PRS
'The moment that is asked for, else the one that the system clock shows, UTC.';

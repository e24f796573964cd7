-- Purpose: now, and the day that it is.
-- Grain:   exactly one row.
-- Units:   UTC timestamps; `today` is a day in the chosen zone.
-- Source:  chosen_moment, chosen_zone, session variable `as_of`.
--
-- The part of `clock` that takes little to plan, for what asks for no range and no series.

create or replace view present as
with zoned as (
    select
        chosen_moment() as as_of,
        coalesce(
            try_cast(getvariable('as_of') as timestamp), timestamp 'infinity'
        ) as cutoff,
        chosen_zone() as timezone
)

select
    as_of,
    cutoff,
    timezone,
    ((as_of at time zone 'UTC') at time zone timezone)::date as today
from zoned;

comment on view present is
'Now, and the day that it is. Grain: exactly one row.';
comment on column present.as_of is
'The moment that figures stand for, UTC: variable as_of, else the system clock.';
comment on column present.cutoff is
'What began after this is left out, UTC; infinity where as_of is not set.';
comment on column present.timezone is
'Zone in which days and months are cut: variable timezone, else the setting.';
comment on column present.today is
'Day of as_of in the zone.';

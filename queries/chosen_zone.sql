-- Purpose: the zone in which days are cut and times are shown.
-- Grain:   scalar macro: a name, the same for every row.
-- Units:   a time zone name.
-- Source:  session variable `timezone`, else settings.

create or replace macro chosen_zone() as
coalesce(
    getvariable('timezone')::varchar,
    (select settings.timezone from settings)
);

comment on macro chosen_zone is  -- noqa: PRS
'The time zone that is asked for, else that of the settings.';

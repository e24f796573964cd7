-- Purpose: tells whether every run counts, so that views need not look.
-- Grain:   scalar macro without parameters: true or false.
-- Units:   none.
-- Source:  session variables, see passes_filter.

create or replace macro filters_are_off() as
coalesce(
    getvariable('as_of')::varchar,
    getvariable('range_from')::varchar,
    getvariable('range_to')::varchar,
    getvariable('search')::varchar,
    getvariable('projects')::varchar,
    getvariable('models')::varchar,
    getvariable('roles')::varchar,
    getvariable('modes')::varchar,
    getvariable('qa')::varchar,
    getvariable('statuses')::varchar
) is null;

comment on macro filters_are_off is  -- noqa: PRS
'True where neither as_of nor any filter is set, so that every run counts.';

-- Purpose: tells whether no filter asks anything of runs themselves.
-- Grain:   scalar macro without parameters: true or false.
-- Units:   none.
-- Source:  session variables, see passes_filter.

create or replace macro run_filters_are_off() as
coalesce(
    getvariable('as_of')::varchar,
    getvariable('range_from')::varchar,
    getvariable('range_to')::varchar,
    getvariable('search')::varchar,
    getvariable('projects')::varchar,
    getvariable('modes')::varchar,
    getvariable('qa')::varchar,
    getvariable('statuses')::varchar
) is null;

comment on macro run_filters_are_off is  -- noqa: PRS
'True where neither as_of nor any filter but model and role is set.';

-- Purpose: the one test by which filters choose rows.
-- Grain:   scalar macro: true or false for one value, null where the value is null and chosen from.
-- Units:   text.
-- Source:  session variables.
--
--     set variable projects = ['alpha', 'beta'];
--     set variable models = ['gpt-4o'];
--     set variable range_from = timestamp '2025-11-01';
--     set variable range_to = timestamp '2025-12-01';
--
-- narrows every view at once; `reset variable projects` lifts a filter again. The
-- lists are projects, models, roles, modes, qa and statuses; a value that is missing
-- is named 'unknown' (for qa: 'not_run'). Further variables: search (text within the
-- task), range_from and range_to (UTC, the end is left out), timezone, grain ('day',
-- 'week', 'month'), week_start (1, Monday, to 7, Sunday) and as_of. What a filter
-- means for a sum is said at run_facts.
-- Variables are constants to the optimizer: one that is not set costs nothing, and a list of one
-- value is a comparison, which scans know how to make. A value that is null is in no list.

create or replace macro passes_filter(variable, value) as
(
    getvariable(variable) is null
    or list_contains(getvariable(variable)::varchar[], value)
);

comment on macro passes_filter is  -- noqa: PRS
'Whether the list in a session variable holds the value, null where the value is; true where the variable is not set.';

-- Purpose: tells whether every run counts, whole.
-- Grain:   scalar macro without parameters: true or false.
-- Units:   none.
-- Source:  run_filters_are_off, parts_are_asked.

create or replace macro nothing_is_filtered() as
run_filters_are_off() and not parts_are_asked();

comment on macro nothing_is_filtered is  -- noqa: PRS
'True where neither as_of nor any filter is set.';

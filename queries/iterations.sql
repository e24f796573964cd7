-- Purpose: the rounds of each run.
-- Grain:   run × position.
-- Units:   times in UTC.
-- Source:  iteration_rows, runs.
--
-- For people, and whole whatever is filtered.

create or replace view iterations as
select
    runs.run_id,
    iteration_rows.position,
    iteration_rows.iteration_index,
    iteration_rows.role,
    iteration_rows.status,
    iteration_rows.notes,
    iteration_rows.safety_status,
    iteration_rows.occurred_at
from iteration_rows
inner join runs on iteration_rows.run_key = runs.run_key;

comment on view iterations is
'Rounds of a run. Grain: run × position. Source: iterations.';

comment on column iterations.run_id is
'Run.';
comment on column iterations.position is
'Place in the list, from 1.';
comment on column iterations.iteration_index is
'Index as written.';
comment on column iterations.role is
'Role that acted.';
comment on column iterations.status is
'Outcome as written.';
comment on column iterations.notes is
'Notes, at most 10,000 characters.';
comment on column iterations.safety_status is
'Outcome of the safety check.';
comment on column iterations.occurred_at is
'Time of the round, UTC.';

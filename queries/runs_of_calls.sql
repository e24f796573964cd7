-- Purpose: which runs there are calls of; a role of such a run may have used several models.
-- Grain:   run.
-- Units:   none.
-- Source:  llm_calls.

create or replace view runs_of_calls as
select distinct coalesce(run_id, session_id) as run_id
from llm_calls
where coalesce(run_id, session_id) is not null;

comment on view runs_of_calls is
'Runs of which other tools recorded calls. Grain: run.';
comment on column runs_of_calls.run_id is
'Run.';

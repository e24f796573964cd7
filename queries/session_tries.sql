-- Purpose: the runs of each session, each as the run that it counts as.
-- Grain:   session × run of its list.
-- Units:   none.
-- Source:  session_runs, sessions, sources.
--
-- A run may count under another id than the session has it, where its summary tells of it
-- under that one; the bookkeeping knows.

create or replace view session_tries as
with claims as (
    select
        path,
        run_id
    from sources
    where kind = 'session'
)

select
    session_runs.session_id,
    session_runs.position,
    coalesce(claims.run_id, session_runs.run_id) as run_id,
    session_runs.status,
    session_runs.score,
    session_runs.evaluation,
    session_runs.decision
from session_runs
inner join sessions on session_runs.session_id = sessions.session_id
left join claims
    on claims.path = sessions.path || '#session/' || session_runs.run_id;

comment on view session_tries is
'Runs of each session, each as the run that it counts as. Grain: session × run.';
comment on column session_tries.session_id is
'Session.';
comment on column session_tries.position is
'Place in the session''s list, from 1.';
comment on column session_tries.run_id is
'Run that it counts as.';
comment on column session_tries.status is
'Outcome as the session has it; null where not told.';
comment on column session_tries.score is
'Score in the session''s own measure; null where not told.';
comment on column session_tries.evaluation is
'How it was judged, as text or JSON; null where not told.';
comment on column session_tries.decision is
'What was decided then; null where not told.';

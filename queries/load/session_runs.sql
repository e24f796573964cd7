-- Runs of which only a session tells (`owners` of kind session) -> runs. Where two sessions
-- name one run, the one whose claim speaks.
insert into runs by name
select
    session_runs.run_id,
    owners.path as other_path,
    sessions.project_name,
    sessions.project_dir,
    sessions.task,
    coalesce(session_runs.started_at, sessions.started_at) as started_at,
    session_runs.finished_at,
    session_runs.status as final_status,
    session_runs.cost_usd,
    false as tokens_redacted,
    getvariable('pass_time') as indexed_at
from owners
inner join sessions on owners.path = sessions.path || '#session/' || owners.run_id
inner join session_runs
    on
        sessions.session_id = session_runs.session_id
        and owners.run_id = session_runs.run_id
where owners.kind = 'session';

update sources
set
    state = 'indexed',
    read_again = false
where
    rowid in (
        select owners.place from owners
        where owners.kind in ('events', 'session')
    );

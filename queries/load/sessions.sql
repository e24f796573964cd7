-- staged_sessions -> sessions and session_runs, and their runs as claims.
create or replace temp table replaced_sessions as
select sessions.session_id
from sessions
where
    sessions.path in (
        select staged_files.path from staged_files
        where staged_files.is_replaced
    )
    or sessions.session_id in (select staged_sessions.record.session_id from staged_sessions);

delete from sessions
where session_id in (select replaced_sessions.session_id from replaced_sessions);

delete from session_runs
where session_id in (select replaced_sessions.session_id from replaced_sessions);

insert into sessions
select
    record.session_id,
    path,
    coalesce(nullif(record.project_name, ''), 'unknown'),
    nullif(record.project_dir, ''),
    nullif(record.task, ''),
    nullif(record.status, ''),
    nullif(record.decision, ''),
    record.cost_usd,
    record.started_at,
    record.finished_at
from staged_sessions;

create or replace temp table listed_runs as
select
    record.session_id as session_id,
    path,
    unnest(record.runs) as run
from staged_sessions;

insert into session_runs
select
    session_id,
    run.position,
    coalesce(nullif(run.run_id, ''), session_id || '/' || run.position),
    nullif(run.status, ''),
    run.score,
    nullif(run.evaluation, ''),
    nullif(run.decision, ''),
    run.cost_usd,
    run.started_at,
    run.finished_at
from listed_runs;

insert into claimed
select distinct
    path as holder,
    coalesce(nullif(run.run_id, ''), session_id || '/' || run.position) as run_id,
    'session' as kind,
    3 as standing
from listed_runs;

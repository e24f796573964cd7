-- staged_sessions -> sessions and session_runs, and their runs as claims. A session that
-- another file tells of as well, as a copy of its folder does, is told by the one that is
-- there and newest, as a run is (owners.sql), and only that file claims its runs.
delete from staged_sessions
where
    record.session_id in (
        select sessions.session_id
        from sessions
        inner join staged_sessions as told on sessions.session_id = told.record.session_id
        inner join sources on sessions.path = sources.path
        where
            sessions.path != told.path
            and sources.missing_since is null
            and (
                sources.mtime_ns > told.mtime_ns
                or (sources.mtime_ns = told.mtime_ns and sessions.path < told.path)
            )
            and sessions.path not in (
                select staged_files.path from staged_files
                where staged_files.is_replaced
            )
    );

create or replace temp table replaced_sessions as
select sessions.session_id
from sessions
where
    sessions.path in (
        select staged_files.path from staged_files
        where staged_files.is_replaced
    )
    or sessions.session_id in (select staged_sessions.record.session_id from staged_sessions);

insert into lost_claims
select sessions.path || '#session/' || session_runs.run_id as path
from sessions
inner join session_runs on sessions.session_id = session_runs.session_id
where sessions.session_id in (select replaced_sessions.session_id from replaced_sessions);

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

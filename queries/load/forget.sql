-- Removes the runs of `forgotten` and all that is known of their files.
delete from ingest_issues
where
    path in (
        select sources.path from sources
        semi join forgotten on sources.run_id = forgotten.run_id
    );

delete from kept_records
where
    path in (
        select sources.path from sources
        semi join forgotten on sources.run_id = forgotten.run_id
    );

delete from sources
where run_id in (select forgotten.run_id from forgotten);

delete from runs
where run_id in (select forgotten.run_id from forgotten);

delete from run_events
where run_id in (select forgotten.run_id from forgotten);

delete from role_usage
where run_id in (select forgotten.run_id from forgotten);

delete from model_usage
where run_id in (select forgotten.run_id from forgotten);

delete from iterations
where run_id in (select forgotten.run_id from forgotten);

delete from qa_issues
where run_id in (select forgotten.run_id from forgotten);

-- Calls go with their files; those that stay tell of the run again (call_runs.sql).
delete from llm_calls
where
    coalesce(run_id, session_id) in (select forgotten.run_id from forgotten)
    and path not in (
        select sources.path from sources
        where sources.missing_since is null
    );

create or replace temp table touched_runs as
select forgotten.run_id from forgotten;

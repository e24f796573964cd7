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

create or replace temp table forgotten_keys as
select runs.run_key
from runs
semi join forgotten on runs.run_id = forgotten.run_id;

delete from runs
where run_id in (select forgotten.run_id from forgotten);

delete from run_events
where run_id in (select forgotten.run_id from forgotten);

delete from role_usage_rows
where run_key in (select forgotten_keys.run_key from forgotten_keys);

delete from other_model_rows
where run_key in (select forgotten_keys.run_key from forgotten_keys);

delete from iteration_rows
where run_key in (select forgotten_keys.run_key from forgotten_keys);

delete from qa_issue_rows
where run_key in (select forgotten_keys.run_key from forgotten_keys);

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

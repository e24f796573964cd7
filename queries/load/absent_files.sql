-- Files of sources that a full pass has not found (session variable gone_files): the second
-- such pass in a row marks them as missing. What was read from them stays.
update sources
set
    absent_passes = absent_passes + 1,
    missing_since = case
        when absent_passes >= 1 then getvariable('pass_time')
    end
where
    missing_since is null
    and other_path in (select unnest(getvariable('gone_files')::varchar[]));

-- What runs of calls say of their files follows (call_runs.sql).
create or replace temp table touched_runs as
select distinct coalesce(run_id, session_id) as run_id
from llm_calls
where
    path in (
        select sources.path from sources
        where sources.missing_since = getvariable('pass_time')
    );

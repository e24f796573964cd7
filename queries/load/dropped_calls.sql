-- Calls of files that are read whole and do not tell of them any more go, and their runs join
-- `touched_runs`, as `returned_runs` do. Runs after calls.sql.
create or replace temp table dropped_calls as
select
    llm_calls.rowid as place,
    coalesce(llm_calls.run_id, llm_calls.session_id) as run_id
from llm_calls
semi join
    (
        select staged_files.path from staged_files
        where staged_files.is_replaced
    ) as replaced_files
    on llm_calls.path = replaced_files.path
anti join staged_calls
    on
        llm_calls.source = staged_calls.source
        and llm_calls.call_id = staged_calls.call_id;

delete from llm_calls
where rowid in (select dropped_calls.place from dropped_calls);

insert into touched_runs
select run_id from dropped_calls
union
select run_id from returned_runs
except
select run_id from touched_runs;

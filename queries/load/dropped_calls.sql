-- Calls of files that are read whole go before those that the files tell of now are looked at:
-- else a call that is corrected to fewer tokens would stay as it was. Their runs join
-- `recounted_runs`.
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
    on llm_calls.path = replaced_files.path;

delete from llm_calls
where rowid in (select dropped_calls.place from dropped_calls);

insert into recounted_runs
select run_id from dropped_calls;

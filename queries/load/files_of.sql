-- The files of the runs of `asked` that are not known to be gone; null where there is
-- none, and no row where there is no such run.
with files as (
    select
        run_id,
        coalesce(holder, path) as path
    from sources
    where
        run_id is not null
        and missing_since is null
    union
    select
        coalesce(llm_calls.run_id, llm_calls.session_id) as run_id,
        llm_calls.path
    from llm_calls
    inner join sources
        on
            llm_calls.path = sources.path
            and sources.missing_since is null
)

select distinct
    asked.run_id,
    files.path
from asked
semi join runs on asked.run_id = runs.run_id
left join files on asked.run_id = files.run_id
order by asked.run_id, files.path;

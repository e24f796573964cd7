-- The files of the runs of `asked` that are not known to be gone; null where there is
-- none, and no row where there is no such run.
select distinct
    asked.run_id,
    coalesce(sources.holder, sources.path) as path
from asked
semi join runs on asked.run_id = runs.run_id
left join sources
    on
        asked.run_id = sources.run_id
        and sources.missing_since is null
order by asked.run_id, path;

-- Rule: Every run comes from a file that the bookkeeping knows.
-- Returns the rows that break it.

select
    runs.run_id,
    runs.source_path
from runs
left join sources
    on
        runs.source_path = sources.path
        and runs.run_id = coalesce(sources.run_id, runs.run_id)
where sources.path is null;

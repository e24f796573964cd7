-- Rule: Every file that counts as indexed has its row.
-- Returns the rows that break it.

select
    sources.path,
    sources.run_id
from sources
left join runs
    on
        sources.run_id = runs.run_id
        and sources.path = runs.source_path
where
    (sources.kind = 'run' or sources.holder is not null)
    and sources.state = 'indexed'
    and runs.run_id is null;

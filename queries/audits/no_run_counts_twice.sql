-- Rule: A run that a summary tells of counts once, whatever else tells of it: no record of
-- the same id, or of the same project, mode and start, counts beside it.
-- Returns the rows that break it.

with counted as (
    select
        runs.run_id,
        runs.project_name,
        runs.mode,
        date_trunc('millisecond', runs.started_at) as started_at,
        sources.kind
    from runs
    inner join sources
        on
            runs.source_path = sources.path
            and runs.run_id = sources.run_id
)

select
    records.run_id,
    summaries.run_id as summary_id
from counted as records
inner join counted as summaries
    on
        records.kind = 'record'
        and summaries.kind = 'run'
        and records.project_name = summaries.project_name
        and records.mode = summaries.mode
        and records.started_at = summaries.started_at
        and records.project_name != 'unknown'
union all
select
    run_id,
    null as summary_id
from runs
group by run_id
having count(*) > 1;

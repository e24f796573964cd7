-- Which run each record counts as: one that a summary tells of under the record's own id;
-- else one of the same project and mode that began in the same millisecond, under whatever
-- id a summary has it; else its own. Only records that `affected` runs may concern.
-- Leaves `affected`: the runs that won or lost a record.
create or replace temp table concerned as
with changed as (
    select
        runs.project_name,
        runs.mode,
        date_trunc('millisecond', runs.started_at) as started_at
    from runs
    semi join affected on runs.run_id = affected.run_id
)

select
    kept_records.path,
    kept_records.run_id as own_id,
    kept_records.project_name,
    kept_records.mode,
    date_trunc('millisecond', kept_records.started_at) as started_at,
    sources.run_id
from kept_records
inner join sources on kept_records.path = sources.other_path
where
    sources.run_id in (select affected.run_id from affected)
    or kept_records.run_id in (select affected.run_id from affected)
    or (
        kept_records.project_name,
        kept_records.mode,
        date_trunc('millisecond', kept_records.started_at)
    ) in (
        select (changed.project_name, changed.mode, changed.started_at) from changed
    );

create or replace temp table moved as
with summaries as (
    select
        runs.run_id,
        runs.project_name,
        runs.mode,
        date_trunc('millisecond', runs.started_at) as started_at
    from runs
    inner join sources
        on
            runs.source_path = sources.path
            and runs.run_id = sources.run_id
            and sources.kind = 'run'
    where
        runs.run_id in (select concerned.own_id from concerned)
        or (runs.project_name, runs.mode) in (
            select (concerned.project_name, concerned.mode) from concerned
        )
),

wanted as (
    select
        concerned.path,
        concerned.own_id,
        concerned.run_id,
        coalesce(
            min(summaries.run_id) filter (where summaries.run_id = concerned.own_id),
            min(summaries.run_id),
            concerned.own_id
        ) as wanted_id
    from concerned
    left join summaries
        on
            concerned.own_id = summaries.run_id
            or (
                concerned.project_name = summaries.project_name
                and concerned.mode = summaries.mode
                and concerned.started_at = summaries.started_at
                and concerned.project_name != 'unknown'
            )
    group by concerned.path, concerned.run_id, concerned.own_id
)

select * from wanted
where run_id is distinct from wanted_id;

update sources
set
    run_id = moved.wanted_id,
    read_again = false
from moved
where sources.other_path = moved.path;

-- What else tells of a run under the record's own id goes with it.
update sources
set run_id = moved.wanted_id
from moved
where
    sources.kind in ('events', 'session')
    and sources.other_path = sources.holder || '#' || sources.kind || '/' || moved.own_id;

create or replace temp table affected as
select moved.run_id from moved
union
select moved.wanted_id as run_id from moved;

delete from staged;

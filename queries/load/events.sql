-- staged_events -> run_events, and their runs as claims -> sources and `affected`. An event is
-- known by its line, and equal lines by their number in the file: read again from the
-- beginning they are the same events, wherever they stand now. Runs after sources.sql.
delete from run_events
where
    path in (
        select staged_files.path from staged_files
        where staged_files.is_replaced
    );

create or replace temp table numbered_events as
with seen as (
    select
        run_events.path,
        run_events.generation,
        run_events.digest,
        count(*) as times
    from run_events
    where run_events.path in (select staged_events.path from staged_events)
    group by all
)

select
    staged_events.path,
    staged_events.generation,
    staged_events.file_offset,
    staged_events.digest,
    (
        coalesce(seen.times, 0)
        + row_number() over (
            partition by staged_events.path, staged_events.generation, staged_events.digest
            order by staged_events.file_offset
        )
    )::integer as occurrence,
    staged_events.* exclude (path, generation, file_offset, digest)
from staged_events
left join seen
    on
        staged_events.path = seen.path
        and staged_events.generation = seen.generation
        and staged_events.digest = seen.digest;

delete from run_events
where
    rowid in (
        select known.rowid
        from run_events as known
        inner join numbered_events
            on
                known.path = numbered_events.path
                and known.digest = numbered_events.digest
                and known.occurrence = numbered_events.occurrence
    );

insert into run_events
select
    path,
    generation,
    file_offset,
    digest,
    occurrence,
    run_id,
    event_type,
    occurred_at,
    role,
    model,
    status,
    iteration,
    max_rounds,
    input_tokens,
    output_tokens,
    cost_usd,
    project_name,
    project_dir,
    mode,
    task,
    payload
from numbered_events;

insert into claimed
select
    numbered_events.path as holder,
    numbered_events.run_id,
    'events' as kind,
    case
        when bool_or(run_events.event_type = 'final_status') then 2
        else 4
    end as standing
from (select distinct
    path,
    run_id
from numbered_events) as numbered_events
inner join run_events on numbered_events.run_id = run_events.run_id
group by numbered_events.path, numbered_events.run_id;

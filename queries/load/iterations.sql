-- Staged runs -> iterations. Entries that are no objects keep their place in the count.
insert into iterations
with entries as (
    select
        run.run_id as run_id,
        unnest(run.document.iterations) as round,
        generate_subscripts(run.document.iterations, 1) as position
    from staged_runs
)

select
    run_id,
    position,
    round.index,
    nullif(round.role, ''),
    nullif(round.status, ''),
    nullif(round.notes, ''),
    nullif(round.safety_status, ''),
    round.timestamp
from entries
where round is not null;

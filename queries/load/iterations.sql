-- Staged runs -> iterations.
insert into iterations
with entries as (
    select
        run.run_id as run_id,
        unnest(run.iterations) as round
    from staged_runs
)

select
    run_id,
    round.position,
    round.iteration_index,
    round.role,
    round.status,
    round.notes,
    round.safety_status,
    round.occurred_at
from entries;

-- Staged runs -> iteration_rows. Entries that are no objects keep their place in the count.
insert into iteration_rows
with entries as (
    select
        new_keys.run_key,
        unnest(staged_runs.run.document.iterations) as round,
        generate_subscripts(staged_runs.run.document.iterations, 1) as position
    from staged_runs
    inner join new_keys on staged_runs.run.run_id = new_keys.run_id
)

select
    run_key,
    position,
    round.index,
    nullif(round.role, ''),
    nullif(round.status, ''),
    nullif(round.notes, ''),
    nullif(round.safety_status, ''),
    round.timestamp
from entries
where round is not null;

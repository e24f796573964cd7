-- How many runs the files of `not_seen` alone speak for, and how many runs have a file.
with there as (
    select
        run_id,
        path in (select not_seen.path from not_seen) as is_gone
    from sources
    where
        kind = 'run'
        and run_id is not null
        and missing_since is null
),

by_run as (
    select
        run_id,
        bool_and(is_gone) as is_lost
    from there
    group by run_id
)

select
    count(*) filter (where is_lost) as lost,
    count(*) as runs
from by_run;

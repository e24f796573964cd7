-- What owners.sql leaves of `affected`, where the files of `staged` are new and the only ones of their
-- runs, so that each speaks for its own.
set variable affected_ids = (
    select [min(affected.run_id), max(affected.run_id)] from affected
);

create or replace temp table owners as
select
    run_id,
    path,
    kind,
    null::bigint as place,
    false as was_duplicate
from staged;

-- Which file speaks for each run of `affected`: a summary before what else tells of the
-- run, one that is there before one that is gone, a readable one before an unreadable one,
-- then the newest by mtime and content, never by the clock of this machine.
-- Runs and rows are looked for within a range that is known before reading, so that for a few of
-- them most of the table is passed over. Sets the session variable affected_ids, that of the runs.
-- Leaves `rivals`, all files of these runs, `owners` (run_id, path, place, was_duplicate),
-- and `found`: what there is to do about them, nothing for nearly every batch.
set variable affected_ids = (
    select [min(affected.run_id), max(affected.run_id)] from affected
);

create or replace temp table rival_places as
select rowid as place
from sources
where
    (kind = 'run' or holder is not null)
    and run_id between getvariable('affected_ids')[1] and getvariable('affected_ids')[2]
    and run_id in (select affected.run_id from affected);

set variable rival_places = (
    select [min(rival_places.place), max(rival_places.place)] from rival_places
);

create or replace temp table rivals as
select
    run_id,
    path,
    kind,
    standing,
    state,
    missing_since,
    mtime_ns,
    content_hash,
    rowid as place
from sources
where
    rowid between getvariable('rival_places')[1] and getvariable('rival_places')[2]
    and rowid in (select rival_places.place from rival_places);

create or replace temp table owners as
select
    run_id,
    path,
    kind,
    place,
    state = 'duplicate' as was_duplicate
from rivals
qualify
    row_number() over (
        partition by run_id
        order by
            standing,
            missing_since is not null,
            state = 'invalid',
            mtime_ns desc,
            content_hash desc,
            path
    ) = 1;

create or replace temp table found as
select
    count(*) > count(distinct run_id)
    or coalesce(bool_or(state = 'duplicate'), false) as has_duplicates,
    coalesce(
        bool_or(state = 'invalid' or missing_since is not null), false
    ) as has_marks,
    coalesce(bool_or(kind in ('events', 'session')), false) as has_claims
from rivals;

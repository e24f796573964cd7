-- Which file speaks for each run of `affected`: one that is there before one that
-- is gone, a readable one before an unreadable one, then the newest by mtime and
-- content, never by the clock of this machine. The others are duplicates.
-- Leaves `owners` (run_id, path, was_duplicate).
create or replace temp table owners as
select
    run_id,
    path,
    state = 'duplicate' as was_duplicate
from sources
where
    kind = 'run'
    and run_id in (select affected.run_id from affected)
qualify
    row_number() over (
        partition by run_id
        order by
            missing_since is not null,
            state = 'invalid',
            mtime_ns desc,
            content_hash desc,
            path
    ) = 1;

update sources
set state = 'duplicate'
where
    kind = 'run'
    and state = 'indexed'
    and run_id in (select owners.run_id from owners)
    and path not in (select owners.path from owners);

-- Only a fresh read can bring the rows of a former duplicate. Without its hash the
-- content counts as new, also for a later pass if this one is killed before that.
update sources
set
    read_again = true,
    content_hash = null
where path in (
    select owners.path from owners
    where owners.was_duplicate
);

delete from ingest_issues
where
    place = 'run_id'
    and path in (
        select sources.path from sources
        semi join affected on sources.run_id = affected.run_id
    );

insert into ingest_issues
select
    sources.path,
    'warning' as severity,
    'run_id' as place,
    null as line,
    null as column_number,
    'the same run is in ' || owners.path || '; counted once' as reason,
    sources.run_id as found,
    getvariable('pass_time') as first_seen,
    getvariable('pass_time') as last_seen
from sources
inner join owners
    on
        sources.run_id = owners.run_id
        and sources.path != owners.path
where
    sources.state = 'duplicate'
    and sources.missing_since is null;

-- The `rivals` that are no `owners` are duplicates, and say so as an issue. A staged file that does
-- not speak for its run leaves `staged`, so that what is left need not be copied.
delete from staged
where
    run is not null
    and path not in (select owners.path from owners);

update sources
set state = 'duplicate'
where
    rowid in (
        select rivals.place from rivals
        where
            rivals.state = 'indexed'
            and rivals.path not in (select owners.path from owners)
    );

-- Only a fresh read can bring the rows of a former duplicate. Without its hash the
-- content counts as new, also for a later pass if this one is killed before that.
update sources
set
    read_again = true,
    content_hash = null
where
    rowid in (
        select owners.place from owners
        where owners.was_duplicate
    );

delete from ingest_issues
where
    place = 'run_id'
    and path in (select rivals.path from rivals);

insert into ingest_issues
select
    rivals.path,
    'warning' as severity,
    'run_id' as place,
    null as line,
    null as column_number,
    'the same run is in ' || owners.path || '; counted once' as reason,
    rivals.run_id as found,
    getvariable('pass_time') as first_seen,
    getvariable('pass_time') as last_seen
from rivals
inner join owners
    on
        rivals.run_id = owners.run_id
        and rivals.path != owners.path
where
    rivals.kind = 'run'
    and rivals.state != 'invalid'
    and rivals.missing_since is null;

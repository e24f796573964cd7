-- `claimed` (holder, run_id, kind, standing): runs of which files tell without a record that
-- is kept -> sources, and `affected`. What files that are read whole claimed before goes, and
-- so do `lost_claims`.
create or replace temp table unclaimed as
select
    sources.other_path as path,
    sources.run_id
from sources
where
    (
        sources.kind in (select claimed_kinds.kind from claimed_kinds)
        and sources.holder in (
            select staged_files.path from staged_files
            where staged_files.is_replaced
        )
    )
    or sources.other_path in (select lost_claims.path from lost_claims)
    or sources.other_path in (
        select claimed.holder || '#' || claimed.kind || '/' || claimed.run_id from claimed
    );

delete from sources
where other_path in (select unclaimed.path from unclaimed);

insert into sources by name
select
    claimed.holder || '#' || claimed.kind || '/' || claimed.run_id as other_path,
    claimed.kind,
    'indexed' as state,
    coalesce(attached.run_id, claimed.run_id) as run_id,
    0 as size,
    staged_files.mtime_ns,
    staged_files.ctime_ns,
    staged_files.inode,
    null as content_hash,
    false as read_again,
    0 as absent_passes,
    null as missing_since,
    claimed.standing,
    claimed.holder
from claimed
inner join staged_files on claimed.holder = staged_files.path
left join
    (
        select
            kept_records.run_id as own_id,
            min(sources.run_id) as run_id
        from kept_records
        inner join sources on kept_records.path = sources.other_path
        group by kept_records.run_id
    ) as attached
    on claimed.run_id = attached.own_id;

insert into affected
select unclaimed.run_id from unclaimed
union
select claimed.run_id from claimed
union
select sources.run_id
from sources
inner join claimed
    on sources.other_path = claimed.holder || '#' || claimed.kind || '/' || claimed.run_id;

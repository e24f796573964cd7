-- staged -> sources. An unreadable file keeps the run it last described. Runs after before.sql.
-- Leaves `affected`: the runs whose owning file may have changed.
create or replace temp table affected as
select staged.run_id
from staged
where staged.run_id is not null
union
select before.run_id
from before
where before.run_id is not null;

delete from sources
where
    rowid between getvariable('before_places')[1] and getvariable('before_places')[2]
    and rowid in (select before.place from before);

insert into sources by name
select
    other_path(staged.path, coalesce(staged.run_id, before.run_id)) as other_path,
    staged.kind,
    staged.state,
    coalesce(staged.run_id, before.run_id) as run_id,
    staged.size,
    staged.mtime_ns,
    staged.ctime_ns,
    staged.inode,
    staged.content_hash,
    staged.read_again,
    0 as absent_passes,
    null as missing_since,
    coalesce(staged.standing, 0) as standing,
    staged.holder
from staged
left join before on staged.path = before.path;

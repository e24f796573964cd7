-- Files of `same` (path, place, run_id): only their dates are noted, and they leave `staged`. Not
-- where several files describe one run, because their dates decide which of them speaks.
set variable same_ids = (select [min(same.run_id), max(same.run_id)] from same);

create or replace temp table touched as
select
    same.path,
    same.place
from same
where
    not exists (
        select 1
        from sources as other
        where
            other.run_id between getvariable('same_ids')[1] and getvariable('same_ids')[2]
            and other.run_id = same.run_id
            and other.path != same.path
    );

update sources
set
    size = staged.size,
    mtime_ns = staged.mtime_ns,
    ctime_ns = staged.ctime_ns,
    inode = staged.inode,
    read_again = staged.read_again,
    absent_passes = 0
from staged
inner join touched on staged.path = touched.path
where sources.rowid = touched.place;

delete from staged
where path in (select touched.path from touched);

delete from replaced
where staged_path in (select touched.path from touched);

delete from before
where
    path in (select touched.path from touched)
    and path not in (select replaced.path from replaced);

-- Files of `staged` that say what they said before: only their dates are noted, and
-- they leave `staged`. Not where several files describe one run, because their dates
-- decide which of them speaks. Runs after before.sql.
-- Leaves `counted`: how many files are new, and how many say something else.
set variable before_ids = (select [min(before.run_id), max(before.run_id)] from before);

create or replace temp table touched as
select
    staged.path,
    before.place
from staged
inner join before on staged.path = before.path
where
    staged.content_hash = before.content_hash
    and before.missing_since is null
    and not exists (
        select 1
        from sources as other
        where
            other.run_id between getvariable('before_ids')[1] and getvariable('before_ids')[2]
            and other.run_id = before.run_id
            and other.path != before.path
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

create or replace temp table counted as
select
    count(*) filter (where before.path is null) as new,
    count(*) filter (where before.path is not null) as changed
from staged
left join before on staged.path = before.path;

-- Files of `staged` that say what they said before: only their dates are noted, and
-- they leave `staged`. Not where several files describe one run, because their dates
-- decide which of them speaks.
-- Leaves `counted`: how many files are new, and how many say something else.
create or replace temp table touched as
select staged.path
from staged
inner join sources on staged.path = sources.path
where
    staged.content_hash = sources.content_hash
    and sources.missing_since is null
    and not exists (
        select 1
        from sources as other
        where
            other.run_id = sources.run_id
            and other.path != sources.path
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
where
    sources.path = staged.path
    and staged.path in (select touched.path from touched);

delete from staged
where path in (select touched.path from touched);

create or replace temp table counted as
select
    count(*) filter (where sources.path is null) as new,
    count(*) filter (where sources.path is not null) as changed
from staged
left join sources on staged.path = sources.path;

-- Records that now speak for a run of which another file spoke, with what else `staged` has
-- of them: (path, holder, record, mtime_ns, ctime_ns, inode).
select
    kept_records.path,
    sources.holder,
    kept_records.record,
    sources.mtime_ns,
    sources.ctime_ns,
    sources.inode
from kept_records
inner join sources on kept_records.path = sources.other_path
where sources.read_again
order by kept_records.path;

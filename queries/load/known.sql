-- Files of runs that are there -> (name, label, mark): the folder, the root it lies in, and the mark of
-- `file_mark`, or 0 where the file must be read again in any case.
select
    split_part(path, '/', -2) as name,
    left(path, length(path) - length(split_part(path, '/', -1)) - length(name) - 2) as label,
    case
        when read_again or absent_passes > 0 then 0
        else file_mark(path, size, mtime_ns, ctime_ns, inode)
    end as mark
from sources
where
    missing_since is null
    and kind = 'run'

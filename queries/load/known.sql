-- Files of runs that are there -> (name, label, mark): the folder, the root it lies in, and
-- `known_mark`.
select
    split_part(path, '/', -2) as name,
    left(path, length(path) - length(split_part(path, '/', -1)) - length(name) - 2) as label,
    known_mark(
        read_again, absent_passes, path, size, mtime_ns, ctime_ns, inode
    ) as mark
from sources
where
    missing_since is null
    and kind = 'run'

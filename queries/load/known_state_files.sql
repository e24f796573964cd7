-- Job state and configuration that are there -> (path, `known_mark`, content_hash).
select
    path,
    known_mark(
        read_again, absent_passes, path, size, mtime_ns, ctime_ns, inode
    ) as mark,
    content_hash
from sources
where
    missing_since is null
    and kind in ('jobs', 'config')

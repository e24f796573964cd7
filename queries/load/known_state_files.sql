-- Job state and configuration that are there -> (path, mark, content_hash), the mark as in `known`.
select
    path,
    case
        when read_again or absent_passes > 0 then 0
        else file_mark(path, size, mtime_ns, ctime_ns, inode)
    end as mark,
    content_hash
from sources
where
    missing_since is null
    and kind in ('jobs', 'config')

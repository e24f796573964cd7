-- staged -> sources: files whose dates changed and whose content did not.
update sources
set
    size = staged.size,
    mtime_ns = staged.mtime_ns,
    ctime_ns = staged.ctime_ns,
    inode = staged.inode,
    read_again = staged.read_again,
    absent_passes = 0
from staged
where sources.path = staged.path;

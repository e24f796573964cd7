-- Files of sources beside run summaries, jobs and the configuration, as the bookkeeping
-- knows them, with the place up to which appended ones have been read.
select
    sources.other_path as path,
    sources.kind,
    sources.size,
    sources.mtime_ns,
    sources.ctime_ns,
    sources.inode,
    sources.state = 'invalid' as is_invalid,
    sources.content_hash,
    sources.read_again,
    sources.absent_passes,
    appended_files.read_to,
    appended_files.head_hash,
    appended_files.last_hash,
    appended_files.generation,
    appended_files.in_long_line
from sources
left join appended_files on sources.other_path = appended_files.path
where
    sources.holder is null
    and sources.kind not in ('run', 'jobs', 'config');

-- Folders of runs that are not as they are known, those that are known first, then the oldest first
-- -> (name, odd, is_there, mark). `odd` is the name in hexadecimal where it is no text of one line; such
-- a name is taken for one that is not known, and what is known of it for gone. Without a name: a run
-- that is known and lies elsewhere. The mark is `known_mark`, null where nothing is known.
-- Session variable: states_file, what `folder_worker` has written.
with found as (
    select *
    from read_csv(
        getvariable('states_file'),
        auto_detect = false,
        header = false,
        delim = '/',
        quote = '',
        escape = '',
        columns = {
            mark: 'BIGINT',
            folder: 'HUGEINT',
            name: 'VARCHAR',
            odd: 'VARCHAR'
        }
    )
),

known as (
    select
        case when starts_with(path, 'run_logs/') then split_part(path, '/', -2) end as name,
        ends_with(path, '/run_summary.json') as is_usual,
        known_mark(
            read_again, absent_passes, path, size, mtime_ns, ctime_ns, inode
        ) as mark
    from sources
    where
        missing_since is null
        and kind = 'run'
)

select
    coalesce(found.name, known.name) as name,
    found.odd,
    found.folder is not null as is_there,
    known.mark
from found
full join known on found.name = known.name
where
    found.mark is distinct from known.mark
    or known.mark = 0
    or not known.is_usual
    or found.folder is null
order by
    known.mark is null,
    found.folder

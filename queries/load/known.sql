-- Files that are there -> (label, name, content_hash, mark): of a run's file the root and the
-- folder below it; of another its path as label, no name, and the hash of its content. The
-- mark is 60 bits that follow from the file's name and all that `stat` says of it, the same as
-- `discover.signature` makes, or 0 where the file must be read again in any case.
with bits as (
    select
        path,
        case when kind = 'run' then split_part(path, '/', -2) end as name,
        case when kind != 'run' then content_hash end as content_hash,
        read_again or absent_passes > 0 as is_due,
        (
            case
                when ends_with(path, '.json.gz') then 82030920993190389
                when ends_with(path, '.json.zst') then 164061841986380778
                else 0
            end::hugeint
            + size::hugeint * 115618581922802399
            + mtime_ns::hugeint * 81152246402169797
            + ctime_ns::hugeint * 89051470758687805
            + (inode & 18446744073709551615::hugeint) * 109666245364995451
        ) & 1152921504606846975::hugeint as mark
    from sources
    where
        missing_since is null
        and kind in ('run', 'jobs', 'config')
)

select
    case
        when name is null then path
        else left(path, length(path) - length(split_part(path, '/', -1)) - length(name) - 2)
    end as label,
    name,
    content_hash,
    case when is_due then 0 else greatest(mark, 1) end::bigint as mark
from bits

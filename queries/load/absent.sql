-- Files that a full pass has not found (`not_seen`) -> sources and runs. The
-- second such pass in a row marks them as missing.
-- Leaves `affected`, as sources.sql does.
update sources
set
    absent_passes = absent_passes + 1,
    missing_since = case
        when absent_passes >= 1 then getvariable('pass_time')
    end
where
    missing_since is null
    and path in (select not_seen.path from not_seen);

create or replace temp table affected as
select run_id
from sources
where
    run_id is not null
    and missing_since = getvariable('pass_time');

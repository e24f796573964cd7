-- Brings the marks of `affected` runs in line with their files: stale where the
-- file cannot be read, missing where it is gone.
update runs
set
    stale_since = case
        when sources.state = 'invalid'
            then coalesce(runs.stale_since, getvariable('pass_time'))
    end,
    source_missing_since = sources.missing_since
from sources
where
    runs.source_path = sources.path
    and runs.run_id in (select affected.run_id from affected);

-- Brings the marks of `affected` runs in line with their files, the `rivals` of owners.sql:
-- stale where the file cannot be read, missing where it is gone. A row that was just written
-- has no marks, so where no file is such there is nothing to do.
update runs
set
    stale_since = case
        when rivals.state = 'invalid'
            then coalesce(runs.stale_since, getvariable('pass_time'))
    end,
    source_missing_since = rivals.missing_since
from rivals
where
    runs.run_id = rivals.run_id
    and runs.source_path = rivals.path;

-- Run files that are looked at again soon: changed since recent_ns, or since open_ns
-- where the run has not ended or the file cannot be read (session variables, nanoseconds
-- since 1970). Runs that have not ended are few; joined by path, all of them would be held in memory.
select path
from sources
where
    kind = 'run'
    and missing_since is null
    and mtime_ns >= least(getvariable('recent_ns'), getvariable('open_ns'))
    and (
        mtime_ns >= getvariable('recent_ns')
        or state = 'invalid'
        or path in (
            select runs.source_path from runs
            where runs.finished_at is null
        )
    );

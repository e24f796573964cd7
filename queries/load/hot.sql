-- Run files that are looked at again soon: changed since recent_ns, or since open_ns
-- where the run has not ended or the file cannot be read (session variables, nanoseconds
-- since 1970).
select sources.path
from sources
left join runs on sources.path = runs.source_path
where
    sources.kind = 'run'
    and sources.missing_since is null
    and sources.mtime_ns >= least(getvariable('recent_ns'), getvariable('open_ns'))
    and (
        sources.mtime_ns >= getvariable('recent_ns')
        or sources.state = 'invalid'
        or (runs.run_id is not null and runs.finished_at is null)
    );

-- Files of runs that are named by jobs which have not ended, or which got another status
-- at the last change.
select distinct sources.path
from jobs
inner join sources
    on
        jobs.run_id = sources.run_id
        and sources.missing_since is null
where
    jobs.removed_at is null
    and (
        jobs.status in ('running', 'queued')
        or jobs.job_id in (
            select job_events.job_id from job_events
            where job_events.seen_at = (select max(newest.seen_at) from job_events as newest)
        )
    );

-- Purpose: projects whose last jobs failed one after another.
-- Grain:   one row per such project.
-- Units:   jobs; UTC.
-- Source:  jobs, alert_clock.
--
-- Flagged from three failures in a row on, if as many would come by chance less than once
-- in a thousand times: rate ^ failures, with the failure rate of the project's jobs before
-- them, at least 5 percent; 10 percent where fewer than ten are known. The last must have
-- ended within a week. Cancelled jobs say nothing.

create or replace view failed_jobs as
with ended as (
    select
        coalesce(jobs.project_name, 'unknown') as project_name,
        jobs.status = 'failed' as has_failed,
        left(jobs.error, 200) as error,
        coalesce(jobs.finished_at, jobs.updated_at) as ended_at,
        row_number() over (
            partition by coalesce(jobs.project_name, 'unknown')
            order by
                coalesce(jobs.finished_at, jobs.updated_at) desc, jobs.job_id
        ) as place
    from jobs
    cross join alert_clock
    where
        jobs.status in ('completed', 'failed')
        and coalesce(jobs.finished_at, jobs.updated_at) <= alert_clock.cutoff
),

streaks as (
    select
        project_name,
        coalesce(min(place) filter (where not has_failed), count(*) + 1) - 1
            as failures
    from ended
    group by project_name
),

counts as (
    select
        ended.project_name,
        streaks.failures,
        max(ended.ended_at) as last_at,
        any_value(ended.error) filter (where ended.place = 1) as error,
        count(*) filter (where ended.place > streaks.failures) as jobs_before,
        count(*) filter (
            where ended.place > streaks.failures and ended.has_failed
        ) as failed_before
    from ended
    inner join streaks on ended.project_name = streaks.project_name
    where streaks.failures >= 3
    group by ended.project_name, streaks.failures
),

rates as (
    select
        *,
        case
            when jobs_before >= 10
                then greatest(failed_before / jobs_before, 0.05)
            else 0.1
        end as usual
    from counts
)

select
    rates.project_name,
    rates.failures,
    rates.usual,
    rates.last_at,
    format(
        'The last {} jobs of {} failed, the newest at {} UTC{}.'
        || ' Of {} jobs before them {} failed.',
        rates.failures,
        left(rates.project_name, 100),
        strftime(rates.last_at, '%Y-%m-%d %H:%M'),
        coalesce(': ' || rates.error, ''),
        rates.jobs_before,
        rates.failed_before
    ) as explanation
from rates
cross join alert_clock
where
    rates.last_at >= alert_clock.week_start
    and pow(rates.usual, rates.failures)
    <= pow(0.001, alert_clock.strictness);

comment on view failed_jobs is
'Projects whose last jobs failed one after another. Grain: one row per project.';
comment on column failed_jobs.project_name is
'Project.';
comment on column failed_jobs.failures is
'Failures in a row, up to the newest job.';
comment on column failed_jobs.usual is
'Failure rate from 0 to 1 that is expected of its jobs.';
comment on column failed_jobs.last_at is
'End of the newest, UTC.';
comment on column failed_jobs.explanation is
'Why it is flagged, in words and numbers.';

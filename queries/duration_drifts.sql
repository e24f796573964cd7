-- Purpose: projects whose runs take much longer than they did.
-- Grain:   one row per such project.
-- Units:   seconds.
-- Source:  runs, alert_clock.
--
-- Median of the recent week (at least 8 runs) against that of the 56 days before (at least
-- 30), on a scale of ratios. Flagged where it is at least 1.5 times as long and further off
-- than 4 standard errors of a median, 1.2533 * spread / sqrt(n). Runs that end
-- before they start have no duration.

create or replace view duration_drifts as
with durations as (
    select
        runs.project_name,
        runs.started_at,
        runs.started_at >= alert_clock.week_start as is_recent,
        epoch(runs.finished_at - runs.started_at) as seconds
    from runs
    cross join alert_clock
    where
        runs.started_at >= alert_clock.history_start
        and runs.started_at <= alert_clock.cutoff
        and runs.finished_at > runs.started_at
),

medians as (
    select
        project_name,
        count(*) filter (where is_recent) as runs,
        count(*) filter (where not is_recent) as runs_before,
        median(seconds) filter (where is_recent) as duration,
        median(seconds) filter (where not is_recent) as usual,
        greatest(
            1.4826 * mad(ln(seconds)) filter (where not is_recent), 0.25
        ) as spread,
        min(started_at) as first_start
    from durations
    group by project_name
)

select
    medians.project_name,
    medians.duration,
    medians.usual,
    medians.runs,
    medians.runs_before,
    format(
        'Half the runs of {} took longer than {:.1f} minutes in the last'
        || ' 7 days ({} runs), {:.1f} times the {:.1f} minutes'
        || ' of the 8 weeks before ({} runs).',
        left(medians.project_name, 100),
        medians.duration / 60,
        medians.runs,
        medians.duration / medians.usual,
        medians.usual / 60,
        medians.runs_before
    ) as explanation
from medians
cross join alert_clock
where
    medians.runs >= 8
    and medians.runs_before >= 30
    and medians.first_start
    <= alert_clock.week_start - to_days(alert_clock.quiet_days)
    and medians.duration >= 1.5 * medians.usual
    and ln(medians.duration / medians.usual)
    > 4 * alert_clock.strictness
    * 1.2533 * medians.spread / sqrt(medians.runs);

comment on view duration_drifts is
'Projects whose runs take much longer than before. Grain: one row per project.';
comment on column duration_drifts.project_name is
'Project.';
comment on column duration_drifts.duration is
'Median duration of the last seven days, seconds.';
comment on column duration_drifts.usual is
'Median duration of the eight weeks before, seconds.';
comment on column duration_drifts.runs is
'Runs of the last seven days that ended.';
comment on column duration_drifts.runs_before is
'Runs of the eight weeks before that ended.';
comment on column duration_drifts.explanation is
'Why it is flagged, in words and numbers.';

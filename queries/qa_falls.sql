-- Purpose: projects whose QA pass rate has fallen, beyond chance.
-- Grain:   one row per such project.
-- Units:   rates from 0 to 1.
-- Source:  runs, alert_clock.
--
-- The recent week against the 56 days before, runs with a verdict only (passed, warning or
-- failed, as everywhere): at least 8 against 30. Flagged where the rate is at least 15 points
-- lower and the difference is more than 3.2 standard errors (two proportions, pooled), which
-- chance gives less than once in a thousand.

create or replace view qa_falls as
with verdicts as (
    select
        runs.project_name,
        runs.qa_status = 'passed' as has_passed,
        runs.started_at,
        runs.started_at >= alert_clock.week_start as is_recent
    from runs
    cross join alert_clock
    where
        runs.started_at >= alert_clock.history_start
        and runs.started_at <= alert_clock.cutoff
        and runs.qa_status in ('passed', 'warning', 'failed')
),

counts as (
    select
        project_name,
        count(*) filter (where is_recent) as runs,
        count(*) filter (where is_recent and has_passed) as passed,
        count(*) filter (where not is_recent) as runs_before,
        count(*) filter (where not is_recent and has_passed) as passed_before,
        count(*) as all_runs,
        count(*) filter (where has_passed) as all_passed,
        min(started_at) as first_start
    from verdicts
    group by project_name
),

rates as (
    select
        counts.project_name,
        counts.runs,
        counts.runs_before,
        counts.passed,
        counts.passed / counts.runs as pass_rate,
        counts.passed_before / counts.runs_before as usual,
        sqrt(
            counts.all_passed / counts.all_runs
            * (1 - counts.all_passed / counts.all_runs)
            * (1 / counts.runs + 1 / counts.runs_before)
        ) as standard_error,
        alert_clock.strictness
    from counts
    cross join alert_clock
    where
        counts.runs >= 8
        and counts.runs_before >= 30
        and counts.first_start
        <= alert_clock.week_start - to_days(alert_clock.quiet_days)
)

select
    project_name,
    pass_rate,
    usual,
    runs,
    runs_before,
    (usual - pass_rate) / standard_error as standard_errors,
    format(
        'QA passed {} of {} runs of {} in the last 7 days ({:.0f}%);'
        || ' in the 8 weeks before it passed {:.0f}% of {}.'
        || ' That is {:.1f} standard errors below.',
        passed,
        runs,
        left(project_name, 100),
        100 * pass_rate,
        100 * usual,
        runs_before,
        (usual - pass_rate) / standard_error
    ) as explanation
from rates
where
    usual - pass_rate >= 0.15
    and usual - pass_rate > 3.2 * strictness * standard_error;

comment on view qa_falls is
'Projects whose QA pass rate has fallen. Grain: one row per project.';
comment on column qa_falls.project_name is
'Project.';
comment on column qa_falls.pass_rate is
'Rate of the last seven days, from 0 to 1.';
comment on column qa_falls.usual is
'Rate of the eight weeks before.';
comment on column qa_falls.runs is
'Runs with a verdict in the last seven days.';
comment on column qa_falls.runs_before is
'Runs with a verdict in the eight weeks before.';
comment on column qa_falls.standard_errors is
'Difference of the rates in standard errors.';
comment on column qa_falls.explanation is
'Why it is flagged, in words and numbers.';

-- Purpose: everything that is out of the ordinary at the moment, each with its reason.
-- Grain:   one row per rule, subject and day.
-- Units:   USD where the rule is of cost, seconds, jobs, runs or a rate otherwise.
-- Source:  cost_spikes, costly_runs, qa_falls, duration_drifts, failed_jobs, capped_runs,
--          unbudgeted_spend, alert_clock.
--
-- Filters do not narrow it, `as_of` moves it in time: it tells of the day and the week up to
-- that moment. `first_day` is the first day of what it is about.

create or replace view anomalies as
select
    'cost_spike' as rule,
    case when cost > 2 * upper_limit then 'ALERT' else 'WARNING' end as state,
    scope,
    subject,
    day,
    day as first_day,
    cost as value,
    usual,
    upper_limit,
    runs,
    explanation
from cost_spikes
union all
select
    'costly_run' as rule,
    'WARNING' as state,
    'run' as scope,
    run_id as subject,
    day,
    day as first_day,
    cost as value,
    usual,
    upper_limit,
    runs,
    explanation
from costly_runs
union all
select
    'qa_fall' as rule,
    'WARNING' as state,
    'project' as scope,
    qa_falls.project_name as subject,
    null as day,
    alert_clock.week_day as first_day,
    qa_falls.pass_rate as value,
    qa_falls.usual,
    null as upper_limit,
    qa_falls.runs,
    qa_falls.explanation
from qa_falls
cross join alert_clock
union all
select
    'duration_drift' as rule,
    'WARNING' as state,
    'project' as scope,
    duration_drifts.project_name as subject,
    null as day,
    alert_clock.week_day as first_day,
    duration_drifts.duration as value,
    duration_drifts.usual,
    null as upper_limit,
    duration_drifts.runs,
    duration_drifts.explanation
from duration_drifts
cross join alert_clock
union all
select
    'failed_jobs' as rule,
    case when failed_jobs.failures >= 5 then 'ALERT' else 'WARNING' end as state,
    'project' as scope,
    failed_jobs.project_name as subject,
    null as day,
    alert_clock.week_day as first_day,
    failed_jobs.failures as value,
    failed_jobs.usual,
    null as upper_limit,
    failed_jobs.failures as runs,
    failed_jobs.explanation
from failed_jobs
cross join alert_clock
union all
select
    'capped_run' as rule,
    'WARNING' as state,
    'project' as scope,
    project_name as subject,
    day,
    day as first_day,
    capped as value,
    expected as usual,
    null as upper_limit,
    runs,
    explanation
from capped_runs
union all
select
    'unbudgeted_spend' as rule,
    'WARNING' as state,
    'project' as scope,
    project_name as subject,
    month as day,
    month as first_day,
    cost as value,
    null as usual,
    null as upper_limit,
    runs,
    explanation
from unbudgeted_spend;

comment on view anomalies is
'What is out of the ordinary at the moment, and why. Grain: rule × subject × day.';
comment on column anomalies.rule is
'Rule that flags it; a view of its own, in the plural, has the rule''s figures.';
comment on column anomalies.state is
'''WARNING'' or ''ALERT''.';
comment on column anomalies.scope is
'What the subject is: ''project'', ''model'' or ''run''.';
comment on column anomalies.subject is
'Name of the project or model, or the run.';
comment on column anomalies.day is
'Day or first day of the month that is flagged; null where it is the week up to now.';
comment on column anomalies.first_day is
'First day of what it is about.';
comment on column anomalies.value is
'What was found: USD, seconds, jobs, runs or a rate from 0 to 1.';
comment on column anomalies.usual is
'What is usual, in the same unit; null where nothing is.';
comment on column anomalies.upper_limit is
'From which value on it is flagged; null where the rule is not a limit on the value.';
comment on column anomalies.runs is
'Runs or jobs behind the value.';
comment on column anomalies.explanation is
'Why it is flagged, in words and numbers.';

-- Purpose: the few figures of `runmeter statusline`, which the indexer leaves in a file.
-- Grain:   exactly one row.
-- Units:   USD; UTC; days of the chosen zone.
-- Source:  runs, present, budget_status, job_facts.
--
-- It is that of everything, like the budget: filters do not narrow it, but of jobs.

create or replace view status_line as
with moment as materialized (
    select
        *,
        day_start(today) as today_start,
        day_start(today + 1) as today_end
    from present
),

today_runs as (
    select
        coalesce(sum(runs.cost_usd), 0)::decimal(38, 12) as spent,
        count(*) filter (
            where runs.cost_usd is null
        ) as cost_unknown_runs
    from runs
    where
        runs.started_at >= (select moment.today_start from moment)
        and runs.started_at < (select moment.today_end from moment)
        and runs.started_at <= (select moment.cutoff from moment)
)

select
    moment.today,
    moment.today_end,
    today_runs.spent as today_spent,
    today_runs.cost_unknown_runs as today_unknown_runs,
    budget_status.spent as month_spent,
    budget_status.cost_unknown_runs as month_unknown_runs,
    budget_status.budget,
    budget_status.percent,
    budget_status.level,
    (
        select count(*) from job_facts
        where job_facts.status = 'running'
    ) as jobs_running,
    moment.timezone,
    moment.as_of
from moment
cross join today_runs
cross join budget_status;

comment on view status_line is
'The figures of the status line. Grain: one row.';
comment on column status_line.today is
'Day of as_of in the zone.';
comment on column status_line.today_end is
'End of that day, UTC; from then on today_spent is that of a day before.';
comment on column status_line.today_spent is
'Cost in USD of the runs that began on it and whose cost is known.';
comment on column status_line.today_unknown_runs is
'Runs that today_spent leaves out.';
comment on column status_line.month_spent is
'Cost in USD of the calendar month''s runs whose cost is known.';
comment on column status_line.month_unknown_runs is
'Runs that month_spent leaves out.';
comment on column status_line.budget is
'Budget of the month in USD; null where none is set.';
comment on column status_line.percent is
'Spent in percent of the budget; null without one.';
comment on column status_line.level is
'''green'', ''yellow'' or ''red'' as in budget_status; null without a budget.';
comment on column status_line.jobs_running is
'Jobs at work.';
comment on column status_line.timezone is
'Zone in which days and months are cut.';
comment on column status_line.as_of is
'The moment that the figures stand for, UTC.';

-- Purpose: the overview, everything in one row.
-- Grain:   exactly one row.
-- Units:   USD, tokens, seconds; sums of what is known, with the unknown counted.
-- Source:  run_gaps, job_summary, budget_status, chosen_moment, chosen_zone.

create or replace view overall_summary as
select
    run_gaps.total_runs,
    job_summary.total_jobs,
    run_gaps.total_tokens,
    run_gaps.total_cost,
    run_gaps.avg_cost_per_run,
    run_gaps.avg_duration_seconds,
    job_summary.jobs_completed,
    job_summary.jobs_failed,
    job_summary.jobs_cancelled,
    job_summary.jobs_running,
    job_summary.jobs_queued,
    run_gaps.runs_2loop,
    run_gaps.runs_3loop,
    run_gaps.total_qa_runs,
    run_gaps.qa_passed,
    run_gaps.qa_warning,
    run_gaps.qa_failed,
    run_gaps.qa_error,
    run_gaps.qa_not_run,
    run_gaps.pass_rate,
    budget_status.budget as monthly_budget,
    budget_status.spent as current_month_cost,
    budget_status.remaining as budget_remaining,
    chosen_moment() as generated_at,
    budget_status.percent as budget_percent,
    budget_status.level as budget_level,
    chosen_zone() as timezone,
    job_summary.jobs_other,
    run_gaps.jobs_removed,
    run_gaps.tokens_unknown_runs,
    run_gaps.tokens_redacted_runs,
    run_gaps.cost_unknown_runs,
    run_gaps.undated_runs,
    run_gaps.untimed_runs,
    run_gaps.stale_runs,
    run_gaps.missing_source_runs,
    run_gaps.open_issues,
    run_gaps.unreadable_files,
    run_gaps.cost_unattributed,
    run_gaps.qa_other
from run_gaps
cross join job_summary
cross join budget_status;

comment on view overall_summary is
'The overview in one row.';
comment on column overall_summary.total_runs is
'Runs.';
comment on column overall_summary.total_jobs is
'Jobs that the state file lists.';
comment on column overall_summary.total_tokens is
'Tokens of the runs whose tokens are known.';
comment on column overall_summary.total_cost is
'Cost in USD of the runs whose cost is known.';
comment on column overall_summary.avg_cost_per_run is
'total_cost / total_runs in USD; 0 where there are no runs.';
comment on column overall_summary.avg_duration_seconds is
'Mean duration in seconds over the runs that have both times; 0 where none has.';
comment on column overall_summary.jobs_completed is
'Finished jobs.';
comment on column overall_summary.jobs_failed is
'Jobs that ended with an error.';
comment on column overall_summary.jobs_cancelled is
'Jobs that were cancelled.';
comment on column overall_summary.jobs_running is
'Jobs at work.';
comment on column overall_summary.jobs_queued is
'Jobs that wait.';
comment on column overall_summary.runs_2loop is
'Runs of mode 2loop.';
comment on column overall_summary.runs_3loop is
'Runs of mode 3loop.';
comment on column overall_summary.total_qa_runs is
'Runs with any QA status.';
comment on column overall_summary.qa_passed is
'Runs that passed QA.';
comment on column overall_summary.qa_warning is
'Runs with QA warnings.';
comment on column overall_summary.qa_failed is
'Runs that failed QA.';
comment on column overall_summary.qa_error is
'Runs in which QA itself failed.';
comment on column overall_summary.qa_not_run is
'Runs without QA.';
comment on column overall_summary.pass_rate is
'passed / (passed + warning + failed); 0 where there is none.';
comment on column overall_summary.monthly_budget is
'Budget of a month in USD; null where none is set.';
comment on column overall_summary.current_month_cost is
'Cost in USD of the calendar month''s runs.';
comment on column overall_summary.budget_remaining is
'Budget minus cost of the month in USD; null without a budget.';
comment on column overall_summary.generated_at is
'The moment that the figures stand for, UTC.';
comment on column overall_summary.budget_percent is
'Spent in percent of the budget; null without one.';
comment on column overall_summary.budget_level is
'''green'' below 70 percent, ''yellow'' below 90, else ''red''; null without a budget.';
comment on column overall_summary.timezone is
'Zone in which days and months are cut.';
comment on column overall_summary.jobs_other is
'Jobs with no status or one of another name.';
comment on column overall_summary.jobs_removed is
'Jobs that the state file does not list any more.';
comment on column overall_summary.tokens_unknown_runs is
'Runs that total_tokens leaves out.';
comment on column overall_summary.tokens_redacted_runs is
'Runs whose tokens a sanitizer removed.';
comment on column overall_summary.cost_unknown_runs is
'Runs that total_cost leaves out.';
comment on column overall_summary.undated_runs is
'Runs with no usable start: in the totals, in no day or month.';
comment on column overall_summary.untimed_runs is
'Runs that the mean duration leaves out.';
comment on column overall_summary.stale_runs is
'Runs shown in their last good version.';
comment on column overall_summary.missing_source_runs is
'Runs whose file is gone.';
comment on column overall_summary.open_issues is
'Rows of ingest_issues.';
comment on column overall_summary.unreadable_files is
'Files that could not be taken.';
comment on column overall_summary.cost_unattributed is
'Cost in USD that the files give to no model.';
comment on column overall_summary.qa_other is
'Runs with a QA status of another name.';

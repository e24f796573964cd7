-- Purpose: what each project cost and how good its runs were.
-- Grain:   one row per project, most runs first, then by name.
-- Units:   USD, tokens, seconds; sums of what is known, with the unknown counted.
-- Source:  run_facts, sum_where.

create or replace view project_summary as
with by_status as (
    select
        project_name,
        qa_status,
        count(*) as runs,
        max(started_at) as last_run_time,
        sum(total_tokens) as tokens,
        sum(cost_usd) as cost,
        sum(duration_microseconds) as microseconds,
        count(duration_microseconds) as timed_runs,
        count(*) - count(total_tokens) as tokens_unknown_runs,
        count(*) - count(cost_usd) as cost_unknown_runs
    from run_facts
    group by project_name, qa_status
),

grouped as (
    select
        project_name,
        sum(runs)::bigint as runs_count,
        max(last_run_time) as last_run_time,
        coalesce(sum(tokens), 0)::bigint as total_tokens,
        coalesce(sum(cost), 0)::decimal(38, 12) as total_cost,
        coalesce(
            sum(microseconds)::double / nullif(sum(timed_runs), 0) / 1e6, 0.0
        ) as avg_duration_seconds,
        sum_where(runs, qa_status = 'passed') as qa_passed,
        sum_where(runs, qa_status = 'warning') as qa_warning,
        sum_where(runs, qa_status = 'failed') as qa_failed,
        sum_where(runs, qa_status is null) as qa_not_run,
        sum_where(runs, qa_status = 'error') as qa_error,
        sum(tokens_unknown_runs)::bigint as tokens_unknown_runs,
        sum(cost_unknown_runs)::bigint as cost_unknown_runs
    from by_status
    group by project_name
)

select
    *,
    qa_passed / nullif(qa_passed + qa_warning + qa_failed, 0) as qa_pass_rate
from grouped
order by runs_count desc, project_name asc;

comment on view project_summary is
'Cost and quality by project. Grain: one row per project.';
comment on column project_summary.project_name is
'Project; ''unknown'' where the run names none.';
comment on column project_summary.runs_count is
'Runs.';
comment on column project_summary.last_run_time is
'Latest start, UTC.';
comment on column project_summary.total_tokens is
'Tokens of the runs whose tokens are known.';
comment on column project_summary.total_cost is
'Cost in USD of the runs whose cost is known.';
comment on column project_summary.avg_duration_seconds is
'Mean duration in seconds over the runs that have both times; 0 where none has.';
comment on column project_summary.qa_passed is
'Runs that passed QA.';
comment on column project_summary.qa_warning is
'Runs with QA warnings.';
comment on column project_summary.qa_failed is
'Runs that failed QA.';
comment on column project_summary.qa_error is
'Runs in which QA itself failed.';
comment on column project_summary.qa_not_run is
'Runs without QA.';
comment on column project_summary.tokens_unknown_runs is
'Runs that total_tokens leaves out.';
comment on column project_summary.cost_unknown_runs is
'Runs that total_cost leaves out.';
comment on column project_summary.qa_pass_rate is
'passed / (passed + warning + failed); null where there is none.';

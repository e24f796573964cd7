-- Purpose: all that can be counted in one pass over the runs.
-- Grain:   exactly one row.
-- Units:   runs, USD, tokens, seconds; pass_rate from 0 to 1.
-- Source:  run_facts, sum_where.
--
-- What shows several of these counts takes them from here, so that the runs are read and the
-- reading is planned once. Grouped first, because comparing a few statuses is quicker than one for
-- each run.

create or replace view run_counts as
with by_status as (
    select
        qa_status,
        mode,
        count(*) as runs,
        sum(total_tokens) as tokens,
        sum(cost_usd) as cost,
        sum(duration_microseconds) as microseconds,
        count(duration_microseconds) as timed_runs,
        count(*) - count(total_tokens) as tokens_unknown_runs,
        count(*) filter (where tokens_redacted) as tokens_redacted_runs,
        count(*) - count(cost_usd) as cost_unknown_runs,
        count(*) - count(started_at) as undated_runs,
        count(stale_since) as stale_runs,
        count(source_missing_since) as missing_source_runs
    from run_facts
    group by qa_status, mode
),

counts as (
    select
        coalesce(sum(runs), 0)::bigint as total_runs,
        coalesce(sum(tokens), 0)::bigint as total_tokens,
        coalesce(sum(cost), 0)::decimal(38, 12) as total_cost,
        coalesce(
            sum(microseconds)::double / nullif(sum(timed_runs), 0) / 1e6, 0.0
        ) as avg_duration_seconds,
        sum_where(runs, mode = '2loop') as runs_2loop,
        sum_where(runs, mode = '3loop') as runs_3loop,
        sum_where(runs, qa_status is not null) as total_qa_runs,
        sum_where(runs, qa_status = 'passed') as qa_passed,
        sum_where(runs, qa_status = 'warning') as qa_warning,
        sum_where(runs, qa_status = 'failed') as qa_failed,
        sum_where(runs, qa_status = 'error') as qa_error,
        sum_where(runs, qa_status is null) as qa_not_run,
        coalesce(sum(tokens_unknown_runs), 0)::bigint as tokens_unknown_runs,
        coalesce(sum(tokens_redacted_runs), 0)::bigint as tokens_redacted_runs,
        coalesce(sum(cost_unknown_runs), 0)::bigint as cost_unknown_runs,
        coalesce(sum(undated_runs), 0)::bigint as undated_runs,
        coalesce(sum(runs - timed_runs), 0)::bigint as untimed_runs,
        coalesce(sum(stale_runs), 0)::bigint as stale_runs,
        coalesce(sum(missing_source_runs), 0)::bigint as missing_source_runs
    from by_status
)

select
    *,
    coalesce(total_cost::double / nullif(total_runs, 0), 0.0) as avg_cost_per_run,
    total_qa_runs - qa_passed - qa_warning - qa_failed - qa_error as qa_other,
    coalesce(
        qa_passed / nullif(qa_passed + qa_warning + qa_failed, 0), 0.0
    )::double as pass_rate
from counts;

comment on view run_counts is
'What one pass over the runs counts. Grain: one row.';
comment on column run_counts.total_runs is
'Runs.';
comment on column run_counts.total_tokens is
'Tokens of the runs whose tokens are known.';
comment on column run_counts.total_cost is
'Cost in USD of the runs whose cost is known.';
comment on column run_counts.avg_cost_per_run is
'total_cost / total_runs in USD; 0 where there are no runs.';
comment on column run_counts.avg_duration_seconds is
'Mean duration in seconds over the runs that have both times; 0 where none has.';
comment on column run_counts.runs_2loop is
'Runs of mode 2loop.';
comment on column run_counts.runs_3loop is
'Runs of mode 3loop.';
comment on column run_counts.total_qa_runs is
'Runs with any QA status.';
comment on column run_counts.qa_passed is
'Runs that passed.';
comment on column run_counts.qa_warning is
'Runs with warnings.';
comment on column run_counts.qa_failed is
'Runs that failed.';
comment on column run_counts.qa_error is
'Runs in which QA itself failed.';
comment on column run_counts.qa_not_run is
'Runs without QA.';
comment on column run_counts.qa_other is
'Runs with a QA status of another name.';
comment on column run_counts.pass_rate is
'passed / (passed + warning + failed); 0 where there is none.';
comment on column run_counts.tokens_unknown_runs is
'Runs whose tokens are unknown.';
comment on column run_counts.tokens_redacted_runs is
'Runs whose tokens a sanitizer removed.';
comment on column run_counts.cost_unknown_runs is
'Runs whose cost is unknown.';
comment on column run_counts.undated_runs is
'Runs with no usable start: in the totals, in no day or month.';
comment on column run_counts.untimed_runs is
'Runs that the mean duration leaves out.';
comment on column run_counts.stale_runs is
'Runs shown in their last good version.';
comment on column run_counts.missing_source_runs is
'Runs whose file is gone.';

-- Purpose: all that can be counted in one pass over the runs, and what else the figures leave out.
-- Grain:   exactly one row.
-- Units:   runs, jobs, issues; USD, tokens, seconds.
-- Source:  run_counts, jobs, ingest_issues; told_attributed_cost where the session was told of models,
--          else attributed_cost.
--
-- Where just one model is asked for, a run's cost is that model's part: nothing is left over, and the
-- parts need not be read again.

create or replace view run_gaps as
with attributed as (
    select cost
    from query_table(
        case
            when getvariable('told_models') is not null or one_model_is_asked()
                then 'told_attributed_cost'
            else 'attributed_cost'
        end
    )
),

issues as (
    select
        count(*) as open_issues,
        count(distinct path) filter (
            where severity = 'error'
        ) as unreadable_files
    from ingest_issues
),

removed as (
    select count(*) as jobs_removed from jobs
    where removed_at is not null
)

select
    run_counts.*,
    removed.jobs_removed,
    issues.open_issues,
    issues.unreadable_files,
    run_counts.total_cost
    - coalesce(attributed.cost, run_counts.total_cost) as cost_unattributed
from run_counts
cross join attributed
cross join issues
cross join removed;

comment on view run_gaps is
'What one pass over the runs counts, and what else the figures leave out. Grain: one row.';
comment on column run_gaps.total_runs is
'Runs.';
comment on column run_gaps.total_tokens is
'Tokens of the runs whose tokens are known.';
comment on column run_gaps.total_cost is
'Cost in USD of the runs whose cost is known.';
comment on column run_gaps.avg_cost_per_run is
'total_cost / total_runs in USD; 0 where there are no runs.';
comment on column run_gaps.avg_duration_seconds is
'Mean duration in seconds over the runs that have both times; 0 where none has.';
comment on column run_gaps.runs_2loop is
'Runs of mode 2loop.';
comment on column run_gaps.runs_3loop is
'Runs of mode 3loop.';
comment on column run_gaps.total_qa_runs is
'Runs with any QA status.';
comment on column run_gaps.qa_passed is
'Runs that passed.';
comment on column run_gaps.qa_warning is
'Runs with warnings.';
comment on column run_gaps.qa_failed is
'Runs that failed.';
comment on column run_gaps.qa_error is
'Runs in which QA itself failed.';
comment on column run_gaps.qa_not_run is
'Runs without QA.';
comment on column run_gaps.qa_other is
'Runs with a QA status of another name.';
comment on column run_gaps.pass_rate is
'passed / (passed + warning + failed); 0 where there is none.';
comment on column run_gaps.tokens_unknown_runs is
'Runs whose tokens are unknown.';
comment on column run_gaps.tokens_redacted_runs is
'Runs whose tokens a sanitizer removed.';
comment on column run_gaps.cost_unknown_runs is
'Runs whose cost is unknown.';
comment on column run_gaps.undated_runs is
'Runs with no usable start: in the totals, in no day or month.';
comment on column run_gaps.untimed_runs is
'Runs that the mean duration leaves out.';
comment on column run_gaps.stale_runs is
'Runs shown in their last good version.';
comment on column run_gaps.missing_source_runs is
'Runs whose file is gone.';
comment on column run_gaps.jobs_removed is
'Jobs that the state file does not list any more.';
comment on column run_gaps.open_issues is
'Rows of ingest_issues.';
comment on column run_gaps.unreadable_files is
'Files that could not be taken.';
comment on column run_gaps.cost_unattributed is
'Cost in USD of runs minus cost of their models: what the files give to no model.';

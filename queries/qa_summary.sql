-- Purpose: how QA went over all runs.
-- Grain:   exactly one row.
-- Units:   runs; pass_rate from 0 to 1.
-- Source:  run_facts.
--
-- Grouped first, because comparing a few statuses is quicker than one for each run.

create or replace view qa_summary as
with by_status as (
    select
        qa_status,
        count(*) as runs
    from run_facts
    group by qa_status
),

counts as (
    select
        coalesce(
            sum(runs) filter (where qa_status is not null), 0
        )::bigint as total_qa_runs,
        coalesce(
            sum(runs) filter (where qa_status = 'passed'), 0
        )::bigint as qa_passed,
        coalesce(
            sum(runs) filter (where qa_status = 'warning'), 0
        )::bigint as qa_warning,
        coalesce(
            sum(runs) filter (where qa_status = 'failed'), 0
        )::bigint as qa_failed,
        coalesce(
            sum(runs) filter (where qa_status = 'error'), 0
        )::bigint as qa_error,
        coalesce(
            sum(runs) filter (where qa_status is null), 0
        )::bigint as qa_not_run
    from by_status
)

select
    *,
    total_qa_runs - qa_passed - qa_warning - qa_failed - qa_error as qa_other,
    coalesce(
        qa_passed / nullif(qa_passed + qa_warning + qa_failed, 0), 0.0
    )::double as pass_rate
from counts;

comment on view qa_summary is
'QA over all runs. Grain: one row.';
comment on column qa_summary.total_qa_runs is
'Runs with any QA status.';
comment on column qa_summary.qa_passed is
'Runs that passed.';
comment on column qa_summary.qa_warning is
'Runs with warnings.';
comment on column qa_summary.qa_failed is
'Runs that failed.';
comment on column qa_summary.qa_error is
'Runs in which QA itself failed.';
comment on column qa_summary.qa_not_run is
'Runs without QA.';
comment on column qa_summary.qa_other is
'Runs with a QA status of another name.';
comment on column qa_summary.pass_rate is
'passed / (passed + warning + failed); 0 where there is none.';

-- Purpose: how QA went over all runs.
-- Grain:   exactly one row.
-- Units:   runs; pass_rate from 0 to 1.
-- Source:  run_counts.

create or replace view qa_summary as
select
    total_qa_runs,
    qa_passed,
    qa_warning,
    qa_failed,
    qa_error,
    qa_not_run,
    qa_other,
    pass_rate
from run_counts;

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

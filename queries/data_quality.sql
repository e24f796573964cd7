-- Purpose: what the figures leave out, and why.
-- Grain:   exactly one row.
-- Units:   runs, jobs, issues; USD.
-- Source:  run_gaps.

create or replace view data_quality as
select
    tokens_unknown_runs,
    tokens_redacted_runs,
    cost_unknown_runs,
    undated_runs,
    untimed_runs,
    stale_runs,
    missing_source_runs,
    jobs_removed,
    open_issues,
    unreadable_files,
    cost_unattributed
from run_gaps;

comment on view data_quality is
'What the figures leave out. Grain: one row.';
comment on column data_quality.tokens_unknown_runs is
'Runs whose tokens are unknown.';
comment on column data_quality.tokens_redacted_runs is
'Runs whose tokens a sanitizer removed.';
comment on column data_quality.cost_unknown_runs is
'Runs whose cost is unknown.';
comment on column data_quality.undated_runs is
'Runs with no usable start: in the totals, in no day or month.';
comment on column data_quality.untimed_runs is
'Runs that the mean duration leaves out.';
comment on column data_quality.stale_runs is
'Runs shown in their last good version.';
comment on column data_quality.missing_source_runs is
'Runs whose file is gone.';
comment on column data_quality.jobs_removed is
'Jobs that the state file does not list any more.';
comment on column data_quality.open_issues is
'Rows of ingest_issues.';
comment on column data_quality.unreadable_files is
'Files that could not be taken.';
comment on column data_quality.cost_unattributed is
'Cost in USD of runs minus cost of their models: what the files give to no model.';

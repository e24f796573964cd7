-- Purpose: what the figures leave out, and why.
-- Grain:   exactly one row.
-- Units:   runs, jobs, issues; USD.
-- Source:  run_facts, model_fact_rows, jobs, ingest_issues.

create or replace view data_quality as
with facts as (
    select
        count(*) filter (where total_tokens is null) as tokens_unknown_runs,
        count(*) filter (where tokens_redacted) as tokens_redacted_runs,
        count(*) filter (where cost_usd is null) as cost_unknown_runs,
        count(*) filter (where started_at is null) as undated_runs,
        count(*) filter (where duration_seconds is null) as untimed_runs,
        count(*) filter (where stale_since is not null) as stale_runs,
        count(*) filter (
            where source_missing_since is not null
        ) as missing_source_runs,
        coalesce(sum(cost_usd), 0)::decimal(38, 12) as cost
    from run_facts
),

attributed as (
    select coalesce(sum(cost_usd), 0)::decimal(38, 12) as cost
    from model_fact_rows
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
    facts.tokens_unknown_runs,
    facts.tokens_redacted_runs,
    facts.cost_unknown_runs,
    facts.undated_runs,
    facts.untimed_runs,
    facts.stale_runs,
    facts.missing_source_runs,
    removed.jobs_removed,
    issues.open_issues,
    issues.unreadable_files,
    facts.cost - attributed.cost as cost_unattributed
from facts
cross join attributed
cross join issues
cross join removed;

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

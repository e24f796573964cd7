-- Purpose: the runs that figures are made of, with what is derived from one row.
-- Grain:   one row per run that counts at the moment of `clock`.
-- Units:   USD, seconds, UTC.
-- Source:  runs, clock.

create or replace view run_facts as
select
    run_id,
    project_name,
    mode,
    started_at,
    finished_at,
    qa_status,
    final_status,
    cost_usd,
    total_tokens,
    tokens_redacted,
    stale_since,
    source_missing_since,
    case
        when finished_at >= started_at
            then epoch_us(finished_at) - epoch_us(started_at)
    end / 1e6 as duration_seconds
from runs
where
    started_at is null
    or started_at <= (select clock.cutoff from clock);

comment on view run_facts is
'Runs that count at the moment of clock. Grain: one row per run.';
comment on column run_facts.run_id is
'Run.';
comment on column run_facts.project_name is
'Project.';
comment on column run_facts.mode is
'Mode in lower case.';
comment on column run_facts.started_at is
'Start, UTC; null where unknown.';
comment on column run_facts.finished_at is
'End, UTC; null where unknown.';
comment on column run_facts.qa_status is
'QA outcome; null where QA did not run.';
comment on column run_facts.final_status is
'Outcome as written.';
comment on column run_facts.cost_usd is
'Cost in USD; null where unknown.';
comment on column run_facts.total_tokens is
'Tokens; null where unknown.';
comment on column run_facts.tokens_redacted is
'Whether token counts were removed by a sanitizer.';
comment on column run_facts.stale_since is
'Since when the file is unreadable, UTC.';
comment on column run_facts.source_missing_since is
'Since when the file is gone, UTC.';
comment on column run_facts.duration_seconds is
'End minus start in seconds; null where either is unknown or the end lies before the start.';

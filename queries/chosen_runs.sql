-- Purpose: the runs that the filters of runs choose: all but model, role and range.
-- Grain:   one row per run.
-- Units:   as runs.
-- Source:  runs, has_begun, session variables (see passes_filter).

create or replace view chosen_runs as
select
    run_id,
    run_key,
    project_name,
    mode,
    started_at,
    finished_at,
    qa_status,
    final_status,
    rounds_completed,
    estimated_cost_usd,
    calls,
    input_tokens,
    output_tokens,
    total_tokens,
    cost_usd,
    tokens_redacted,
    stale_since,
    source_missing_since
from runs
where
    has_begun(started_at)
    and passes_filter('projects', project_name)
    and passes_filter('modes', coalesce(mode, 'unknown'))
    and passes_filter('qa', coalesce(qa_status, 'not_run'))
    and passes_filter('statuses', coalesce(final_status, 'unknown'))
    and (
        getvariable('search') is null
        or contains(lower(task), lower(getvariable('search')::varchar))
    );

comment on view chosen_runs is
'Runs that pass the filters of project, mode, QA, outcome and text, and have begun by now. Grain: one row per run.';
comment on column chosen_runs.run_id is
'Identity of the run; the folder''s name where the file has none.';
comment on column chosen_runs.run_key is
'Number of the run, as runs.run_key.';
comment on column chosen_runs.project_name is
'Last component of project_dir; ''unknown'' where there is none.';
comment on column chosen_runs.mode is
'Mode in lower case: 2loop, 3loop or another.';
comment on column chosen_runs.started_at is
'Start, UTC; null where missing or unusable.';
comment on column chosen_runs.finished_at is
'End, UTC; null where missing or unusable.';
comment on column chosen_runs.qa_status is
'QA outcome in lower case: passed, warning, failed, error; null where QA did not run.';
comment on column chosen_runs.final_status is
'Outcome as written: success, timeout, cost_cap_exceeded …';
comment on column chosen_runs.rounds_completed is
'Rounds done.';
comment on column chosen_runs.estimated_cost_usd is
'Cost that was estimated before the run.';
comment on column chosen_runs.calls is
'Model calls.';
comment on column chosen_runs.input_tokens is
'Prompt tokens; null where unknown or redacted.';
comment on column chosen_runs.output_tokens is
'Completion tokens; null where unknown or redacted.';
comment on column chosen_runs.total_tokens is
'Sum over the roles; null where one of them is unknown.';
comment on column chosen_runs.cost_usd is
'Cost: the total that the file states, else the sum of its roles where each is known; null where unknown.';
comment on column chosen_runs.tokens_redacted is
'Whether a log sanitizer has removed token counts.';
comment on column chosen_runs.stale_since is
'Since when the file cannot be read any more, so that this row is its last good version; UTC.';
comment on column chosen_runs.source_missing_since is
'Since when the file is gone; the run stays, because the money was spent; UTC.';

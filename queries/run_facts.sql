-- Purpose: the runs that figures are made of.
-- Grain:   one row per run that counts at the moment of `clock` and passes the filters.
-- Units:   USD, seconds, UTC.
-- Source:  matching_runs, in_range.
--
-- A run without a usable start is in no range.

create or replace view run_facts as
select * from matching_runs
where in_range(started_at);

comment on view run_facts is
'Runs that count at the moment of clock and pass the filters. Grain: one row per run.';
comment on column run_facts.run_id is
'Run.';
comment on column run_facts.run_key is
'Number of the run, as runs.run_key.';
comment on column run_facts.project_name is
'Project.';
comment on column run_facts.mode is
'Mode in lower case; null where unknown.';
comment on column run_facts.started_at is
'Start, UTC; null where unknown.';
comment on column run_facts.finished_at is
'End, UTC; null where unknown.';
comment on column run_facts.qa_status is
'QA outcome; null where QA did not run.';
comment on column run_facts.final_status is
'Outcome as written; null where unknown.';
comment on column run_facts.rounds_completed is
'Rounds done; null where unknown.';
comment on column run_facts.estimated_cost_usd is
'Cost in USD that was estimated before the run; null where unknown.';
comment on column run_facts.calls is
'Model calls of the part that counts; null where unknown.';
comment on column run_facts.input_tokens is
'Prompt tokens of the part that counts; null where unknown.';
comment on column run_facts.output_tokens is
'Completion tokens of the part that counts; null where unknown.';
comment on column run_facts.total_tokens is
'Tokens of the part that counts; null where unknown.';
comment on column run_facts.cost_usd is
'Cost in USD of the part that counts; null where unknown.';
comment on column run_facts.tokens_redacted is
'Whether token counts were removed by a sanitizer.';
comment on column run_facts.stale_since is
'Since when the file is unreadable, UTC.';
comment on column run_facts.source_missing_since is
'Since when the file is gone, UTC.';
comment on column run_facts.duration_microseconds is
'Duration as a whole number, of which sums and means are exact; null as duration_seconds.';
comment on column run_facts.duration_seconds is
'End minus start in seconds; null where either is unknown or the end lies before the start.';

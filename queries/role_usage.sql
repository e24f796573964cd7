-- Purpose: what each role of a run used.
-- Grain:   run × role × model.
-- Units:   USD, tokens; null where unknown.
-- Source:  role_usage_rows, runs.
--
-- For people, and whole whatever is filtered. Figures read the rows, which say of which run they
-- are by a number: what many runs used is found in a third of the time, in a smaller file.

create or replace view role_usage as
select
    runs.run_id,
    role_usage_rows.role,
    role_usage_rows.model,
    role_usage_rows.calls,
    role_usage_rows.input_tokens,
    role_usage_rows.output_tokens,
    role_usage_rows.total_tokens,
    role_usage_rows.cost_usd
from role_usage_rows
inner join runs on role_usage_rows.run_key = runs.run_key;

comment on view role_usage is
'What each role of a run used. Grain: run × role × model. Source: cost_summary.by_role; llm_calls.';

comment on column role_usage.run_id is
'Run.';
comment on column role_usage.role is
'Role: manager, supervisor, employee …';
comment on column role_usage.model is
'Model of the role: its own, else that of models_used, else <role>_unknown.';
comment on column role_usage.calls is
'Model calls; null where unknown.';
comment on column role_usage.input_tokens is
'Prompt tokens; null where unknown.';
comment on column role_usage.output_tokens is
'Completion tokens; null where unknown.';
comment on column role_usage.total_tokens is
'Tokens: as stated, else prompt plus completion; null where unknown.';
comment on column role_usage.cost_usd is
'Cost in USD; null where unknown.';

-- Purpose: what each model of a run used, of which run by its number.
-- Grain:   run × model.
-- Units:   USD, tokens; null where unknown.
-- Source:  role_usage_rows, other_model_rows.
--
-- In most runs a model serves one role. What it used is stored once then, as the role's
-- (docs/decisions/0037).

create or replace view model_usage_rows as
select
    run_key,
    model,
    calls,
    input_tokens,
    output_tokens,
    total_tokens,
    cost_usd
from role_usage_rows
where is_model_usage
union all
select
    run_key,
    model,
    calls,
    input_tokens,
    output_tokens,
    total_tokens,
    cost_usd
from other_model_rows;

comment on view model_usage_rows is
'What each model of a run used. Grain: run × model. Source: cost_summary.by_model, else by_role grouped by model.';

comment on column model_usage_rows.run_key is
'Run, as runs.run_key.';
comment on column model_usage_rows.model is
'Model name.';
comment on column model_usage_rows.calls is
'Model calls; null where unknown.';
comment on column model_usage_rows.input_tokens is
'Prompt tokens; null where unknown.';
comment on column model_usage_rows.output_tokens is
'Completion tokens; null where unknown.';
comment on column model_usage_rows.total_tokens is
'Tokens; null where any part is unknown.';
comment on column model_usage_rows.cost_usd is
'Cost in USD; null where any part is unknown.';

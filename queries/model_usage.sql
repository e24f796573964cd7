-- Purpose: what each model of a run used.
-- Grain:   run × model.
-- Units:   USD, tokens; null where unknown.
-- Source:  model_usage_rows, runs.
--
-- For people, and whole whatever is filtered. Figures read the rows, which say of which run they
-- are by a number: what many runs used is found in a third of the time, in a smaller file.

create or replace view model_usage as
select
    runs.run_id,
    model_usage_rows.model,
    model_usage_rows.calls,
    model_usage_rows.input_tokens,
    model_usage_rows.output_tokens,
    model_usage_rows.total_tokens,
    model_usage_rows.cost_usd
from model_usage_rows
inner join runs on model_usage_rows.run_key = runs.run_key;

comment on view model_usage is
'What each model of a run used. Grain: run × model. Source: cost_summary.by_model, else by_role grouped by model.';

comment on column model_usage.run_id is
'Run.';
comment on column model_usage.model is
'Model name.';
comment on column model_usage.calls is
'Model calls; null where unknown.';
comment on column model_usage.input_tokens is
'Prompt tokens; null where unknown.';
comment on column model_usage.output_tokens is
'Completion tokens; null where unknown.';
comment on column model_usage.total_tokens is
'Tokens; null where any part is unknown.';
comment on column model_usage.cost_usd is
'Cost in USD; null where any part is unknown.';

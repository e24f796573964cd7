-- Purpose: the usage that figures by model are made of.
-- Grain:   run × model, of the runs in run_facts.
-- Units:   USD, tokens; null where unknown.
-- Source:  model_fact_rows, runs.

create or replace view model_facts as
select
    runs.run_id,
    model_fact_rows.model,
    model_fact_rows.calls,
    model_fact_rows.input_tokens,
    model_fact_rows.output_tokens,
    model_fact_rows.total_tokens,
    model_fact_rows.cost_usd
from model_fact_rows
inner join runs on model_fact_rows.run_key = runs.run_key;

comment on view model_facts is
'What each model of a run used, of the runs that count. Grain: run × model.';
comment on column model_facts.run_id is
'Run.';
comment on column model_facts.model is
'Model.';
comment on column model_facts.calls is
'Model calls; null where unknown.';
comment on column model_facts.input_tokens is
'Prompt tokens; null where unknown.';
comment on column model_facts.output_tokens is
'Completion tokens; null where unknown.';
comment on column model_facts.total_tokens is
'Tokens; null where unknown.';
comment on column model_facts.cost_usd is
'Cost in USD; null where unknown.';

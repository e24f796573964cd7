-- Purpose: the usage that figures by model are made of.
-- Grain:   run × model, of the runs in run_facts.
-- Units:   USD, tokens; null where unknown.
-- Source:  model_parts, run_facts.
--
-- While no filter is set every run counts, and nothing is joined.

create or replace view model_facts as
select * from model_parts
where filters_are_off()
union all
select model_parts.*
from model_parts
semi join run_facts on model_parts.run_id = run_facts.run_id
where not filters_are_off();

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

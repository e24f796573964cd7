-- Purpose: the usage that figures by model are made of.
-- Grain:   run × model, of the runs in run_facts.
-- Units:   USD, tokens; null where unknown.
-- Source:  model_parts, chosen_runs.
--
-- Where no filter asks anything of runs, each of these counts, and nothing is joined. Else runs
-- are chosen by what they are themselves: that they used a model, and which, is said here.

create or replace view model_facts as
with chosen as (
    select run_id from chosen_runs
    where in_range(started_at)
)

select * from model_parts
where run_filters_are_off()
union all
select model_parts.*
from model_parts
semi join chosen on model_parts.run_id = chosen.run_id
where not run_filters_are_off();

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

-- Purpose: what figures by model are made of, of which run by its number.
-- Grain:   run × model, of the runs in run_facts.
-- Units:   USD, tokens; null where unknown.
-- Source:  model_parts, chosen_runs.
--
-- Where no filter asks anything of runs, each of these counts, and nothing is joined. Else runs
-- are chosen by what they are themselves: that they used a model, and which, is said here.

create or replace view chosen_model_rows as
with chosen as (
    select run_key from chosen_runs
    where in_range(started_at)
)

select * exclude (is_split) from model_parts
where run_filters_are_off()
union all
select model_parts.* exclude (is_split)
from model_parts
semi join chosen on model_parts.run_key = chosen.run_key
where not run_filters_are_off();

comment on view chosen_model_rows is
'What each model of a run used, of the runs that count. Grain: run × model.';
comment on column chosen_model_rows.run_key is
'Number of the run, as runs.run_key.';
comment on column chosen_model_rows.model is
'Model.';
comment on column chosen_model_rows.calls is
'Model calls; null where unknown.';
comment on column chosen_model_rows.input_tokens is
'Prompt tokens; null where unknown.';
comment on column chosen_model_rows.output_tokens is
'Completion tokens; null where unknown.';
comment on column chosen_model_rows.total_tokens is
'Tokens; null where unknown.';
comment on column chosen_model_rows.cost_usd is
'Cost in USD; null where unknown.';

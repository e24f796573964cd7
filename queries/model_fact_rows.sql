-- Purpose: what figures by model are made of, of which run by its number.
-- Grain:   run × model, of the runs in run_facts.
-- Units:   USD, tokens; null where unknown.
-- Source:  chosen_model_rows where anything is filtered, else model_usage_rows.
--
-- Where no filter asks anything each of these counts, and nothing else is planned
-- (docs/decisions/0036).

create or replace view model_fact_rows as
select *
from query_table(
    case
        when nothing_is_filtered()
            then 'model_usage_rows'
        else 'chosen_model_rows'
    end
);

comment on view model_fact_rows is
'What each model of a run used, of the runs that count. Grain: run × model.';
comment on column model_fact_rows.run_key is
'Number of the run, as runs.run_key.';
comment on column model_fact_rows.model is
'Model.';
comment on column model_fact_rows.calls is
'Model calls; null where unknown.';
comment on column model_fact_rows.input_tokens is
'Prompt tokens; null where unknown.';
comment on column model_fact_rows.output_tokens is
'Completion tokens; null where unknown.';
comment on column model_fact_rows.total_tokens is
'Tokens; null where unknown.';
comment on column model_fact_rows.cost_usd is
'Cost in USD; null where unknown.';

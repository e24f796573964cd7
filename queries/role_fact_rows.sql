-- Purpose: what figures by role are made of, of which run by its number.
-- Grain:   run × role × model, of the runs in run_facts.
-- Units:   USD, tokens; null where unknown.
-- Source:  chosen_role_rows where anything is filtered, else role_usage_rows.
--
-- Where no filter asks anything each of these counts, and nothing else is planned
-- (docs/decisions/0036).

create or replace view role_fact_rows as
select *
from query_table(
    case
        when nothing_is_filtered()
            then 'role_usage_rows'
        else 'chosen_role_rows'
    end
);

comment on view role_fact_rows is
'What each role of a run used, of the runs that count. Grain: run × role × model.';
comment on column role_fact_rows.run_key is
'Number of the run, as runs.run_key.';
comment on column role_fact_rows.role is
'Role.';
comment on column role_fact_rows.model is
'Model of the role.';
comment on column role_fact_rows.calls is
'Model calls; null where unknown.';
comment on column role_fact_rows.input_tokens is
'Prompt tokens; null where unknown.';
comment on column role_fact_rows.output_tokens is
'Completion tokens; null where unknown.';
comment on column role_fact_rows.total_tokens is
'Tokens; null where unknown.';
comment on column role_fact_rows.cost_usd is
'Cost in USD; null where unknown.';
comment on column role_fact_rows.is_split is
'Whether the role used several models in this run.';
comment on column role_fact_rows.is_model_usage is
'Whether it is all that the model used in this run as well.';

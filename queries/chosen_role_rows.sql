-- Purpose: what figures by role are made of, of which run by its number.
-- Grain:   run × role × model, of the runs in run_facts.
-- Units:   USD, tokens; null where unknown.
-- Source:  role_usage_rows, run_facts, session variables `roles` and `models`.
--
-- Where no filter asks anything of runs, each of these counts, and nothing is joined. With models
-- alone a run counts by what `model_usage` says of it, which a file may state otherwise.

create or replace view chosen_role_rows as
with parts as (
    select * from role_usage_rows
    where passes_filter('roles', role) and passes_filter('models', model)
)

select * from parts
where
    run_filters_are_off()
    and (getvariable('models') is null or getvariable('roles') is not null)
union all
select parts.*
from parts
semi join run_facts on parts.run_key = run_facts.run_key
where
    not run_filters_are_off()
    or (getvariable('models') is not null and getvariable('roles') is null);

comment on view chosen_role_rows is
'What each role of a run used, of the runs that count. Grain: run × role × model.';
comment on column chosen_role_rows.run_key is
'Number of the run, as runs.run_key.';
comment on column chosen_role_rows.role is
'Role.';
comment on column chosen_role_rows.model is
'Model of the role.';
comment on column chosen_role_rows.calls is
'Model calls; null where unknown.';
comment on column chosen_role_rows.input_tokens is
'Prompt tokens; null where unknown.';
comment on column chosen_role_rows.output_tokens is
'Completion tokens; null where unknown.';
comment on column chosen_role_rows.total_tokens is
'Tokens; null where unknown.';
comment on column chosen_role_rows.cost_usd is
'Cost in USD; null where unknown.';
comment on column chosen_role_rows.is_split is
'Whether the role used several models in this run.';
comment on column chosen_role_rows.is_model_usage is
'Whether it is all that the model used in this run as well.';

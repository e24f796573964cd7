-- Purpose: the usage that figures by role are made of.
-- Grain:   run × role × model, of the runs in run_facts.
-- Units:   USD, tokens; null where unknown.
-- Source:  role_usage, run_facts, session variables `roles` and `models`.
--
-- Where no filter asks anything of runs, each of these counts, and nothing is joined. With models
-- alone a run counts by what `model_usage` says of it, which a file may state otherwise.

create or replace view role_facts as
with parts as (
    select * from role_usage
    where passes_filter('roles', role) and passes_filter('models', model)
)

select * from parts
where
    run_filters_are_off()
    and (getvariable('models') is null or getvariable('roles') is not null)
union all
select parts.*
from parts
semi join run_facts on parts.run_id = run_facts.run_id
where
    not run_filters_are_off()
    or (getvariable('models') is not null and getvariable('roles') is null);

comment on view role_facts is
'What each role of a run used, of the runs that count. Grain: run × role × model.';
comment on column role_facts.run_id is
'Run.';
comment on column role_facts.role is
'Role.';
comment on column role_facts.model is
'Model of the role.';
comment on column role_facts.calls is
'Model calls; null where unknown.';
comment on column role_facts.input_tokens is
'Prompt tokens; null where unknown.';
comment on column role_facts.output_tokens is
'Completion tokens; null where unknown.';
comment on column role_facts.total_tokens is
'Tokens; null where unknown.';
comment on column role_facts.cost_usd is
'Cost in USD; null where unknown.';

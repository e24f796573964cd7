-- Purpose: the usage that figures by role are made of.
-- Grain:   run × role × model, of the runs in run_facts.
-- Units:   USD, tokens; null where unknown.
-- Source:  role_usage, run_facts, session variables `roles` and `models`.
--
-- While no filter is set every run counts, and nothing is joined.

create or replace view role_facts as
with parts as (
    select * from role_usage
    where passes_filter('roles', role) and passes_filter('models', model)
)

select * from parts
where filters_are_off()
union all
select parts.*
from parts
semi join run_facts on parts.run_id = run_facts.run_id
where not filters_are_off();

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

-- Purpose: the usage that figures by role are made of.
-- Grain:   run × role × model, of the runs in run_facts.
-- Units:   USD, tokens; null where unknown.
-- Source:  role_fact_rows, runs.

create or replace view role_facts as
select
    runs.run_id,
    role_fact_rows.role,
    role_fact_rows.model,
    role_fact_rows.calls,
    role_fact_rows.input_tokens,
    role_fact_rows.output_tokens,
    role_fact_rows.total_tokens,
    role_fact_rows.cost_usd
from role_fact_rows
inner join runs on role_fact_rows.run_key = runs.run_key;

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

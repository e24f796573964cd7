-- Purpose: what each role of a run used, whatever models it used.
-- Grain:   run × role, of the runs in run_facts.
-- Units:   USD, tokens, calls; what is known, and whether anything is not.
-- Source:  role_facts, runs_of_calls.
--
-- Only runs of which there are calls need be summed, so that all others cost nothing here.

create or replace view role_uses as
select
    role_facts.run_id,
    role_facts.role,
    role_facts.calls,
    role_facts.input_tokens,
    role_facts.output_tokens,
    role_facts.total_tokens,
    role_facts.cost_usd,
    role_facts.total_tokens is null as is_tokens_unknown,
    role_facts.cost_usd is null as is_cost_unknown
from role_facts
anti join runs_of_calls on role_facts.run_id = runs_of_calls.run_id
union all
select
    role_facts.run_id,
    role_facts.role,
    sum(role_facts.calls)::bigint as calls,
    sum(role_facts.input_tokens)::bigint as input_tokens,
    sum(role_facts.output_tokens)::bigint as output_tokens,
    sum(role_facts.total_tokens)::bigint as total_tokens,
    sum(role_facts.cost_usd)::decimal(38, 12) as cost_usd,
    bool_or(role_facts.total_tokens is null) as is_tokens_unknown,
    bool_or(role_facts.cost_usd is null) as is_cost_unknown
from role_facts
semi join runs_of_calls on role_facts.run_id = runs_of_calls.run_id
group by role_facts.run_id, role_facts.role;

comment on view role_uses is
'What each role of a run used, of the runs that count. Grain: run × role.';
comment on column role_uses.run_id is
'Run.';
comment on column role_uses.role is
'Role.';
comment on column role_uses.calls is
'Model calls, as far as known.';
comment on column role_uses.input_tokens is
'Prompt tokens, as far as known.';
comment on column role_uses.output_tokens is
'Completion tokens, as far as known.';
comment on column role_uses.total_tokens is
'Tokens, as far as known.';
comment on column role_uses.cost_usd is
'Cost in USD, as far as known.';
comment on column role_uses.is_tokens_unknown is
'Whether tokens of a part are unknown.';
comment on column role_uses.is_cost_unknown is
'Whether the cost of a part is unknown.';

-- Purpose: what each role of a run used, whatever models it used.
-- Grain:   run × role, of the runs in run_facts.
-- Units:   USD, tokens, calls; what is known, and as a whole, null where anything is not.
-- Source:  role_fact_rows, split_role_uses.
--
-- Only roles that used several models need be summed, so that all others cost nothing here.

create or replace view role_uses as
select
    run_key,
    role,
    calls,
    input_tokens,
    output_tokens,
    total_tokens,
    cost_usd,
    total_tokens as whole_tokens,
    cost_usd as whole_cost_usd
from role_fact_rows
where not is_split
union all by name
select * from split_role_uses;

comment on view role_uses is
'What each role of a run used, of the runs that count. Grain: run × role.';
comment on column role_uses.run_key is
'Number of the run, as runs.run_key.';
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
comment on column role_uses.whole_tokens is
'Tokens; null where those of any part are unknown.';
comment on column role_uses.whole_cost_usd is
'Cost in USD; null where that of any part is unknown.';

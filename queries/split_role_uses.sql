-- Purpose: what those roles of a run used that used several models, all of them together.
-- Grain:   run × role, of the runs in run_facts.
-- Units:   USD, tokens, calls; what is known, and as a whole, null where anything is not.
-- Source:  role_fact_rows.

create or replace view split_role_uses as
select
    run_key,
    role,
    sum(calls)::bigint as calls,
    sum(input_tokens)::bigint as input_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(total_tokens)::bigint as total_tokens,
    sum(cost_usd)::decimal(38, 12) as cost_usd,
    sum_or_unknown(total_tokens)::bigint as whole_tokens,
    sum_or_unknown(cost_usd)::decimal(38, 12) as whole_cost_usd
from role_fact_rows
where is_split
group by run_key, role;

comment on view split_role_uses is
'What roles of several models used. Grain: one row per run and role.';
comment on column split_role_uses.run_key is
'Number of the run, as runs.run_key.';
comment on column split_role_uses.role is
'Role.';
comment on column split_role_uses.calls is
'Model calls, as far as known.';
comment on column split_role_uses.input_tokens is
'Prompt tokens, as far as known.';
comment on column split_role_uses.output_tokens is
'Completion tokens, as far as known.';
comment on column split_role_uses.total_tokens is
'Tokens, as far as known.';
comment on column split_role_uses.cost_usd is
'Cost in USD, as far as known.';
comment on column split_role_uses.whole_tokens is
'Tokens; null where those of any part are unknown.';
comment on column split_role_uses.whole_cost_usd is
'Cost in USD; null where that of any part is unknown.';

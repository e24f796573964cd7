-- Purpose: what each role cost.
-- Grain:   one row per role, dearest first; then what no role got, if anything.
-- Units:   USD, tokens, calls, runs.
-- Source:  role_fact_rows, split_role_uses, run_facts.
--
-- Each part is summed before the parts are put together: of a table DuckDB knows that no sum can
-- overflow, of a union it does not, which takes half as long again.

create or replace view role_summary as
with sums as (
    select
        role,
        sum(cost_usd) as cost,
        sum(total_tokens) as tokens,
        sum(calls) as calls,
        count(*) as runs,
        count(*) - count(cost_usd) as cost_unknown_runs,
        count(*) - count(total_tokens) as tokens_unknown_runs
    from role_fact_rows
    where not is_split
    group by role
    union all
    select
        role,
        sum(cost_usd) as cost,
        sum(total_tokens) as tokens,
        sum(calls) as calls,
        count(*) as runs,
        count(*) - count(whole_cost_usd) as cost_unknown_runs,
        count(*) - count(whole_tokens) as tokens_unknown_runs
    from split_role_uses
    group by role
),

roles as (
    select
        'role' as kind,
        role,
        coalesce(sum(cost), 0)::decimal(38, 12) as cost,
        coalesce(sum(tokens), 0)::bigint as tokens,
        sum(calls)::bigint as calls,
        sum(runs)::bigint as runs,
        sum(cost_unknown_runs)::bigint as cost_unknown_runs,
        sum(tokens_unknown_runs)::bigint as tokens_unknown_runs
    from sums
    group by role
),

whole as (
    select coalesce(sum(cost_usd), 0)::decimal(38, 12) as cost from run_facts
),

unattributed as (
    select
        'unattributed' as kind,
        null::varchar as role,
        whole.cost - coalesce((select sum(roles.cost) from roles), 0) as cost
    from whole
),

together as (
    select * from roles
    union all by name
    select * from unattributed
    where cost != 0
)

select
    together.kind,
    together.role,
    together.cost::decimal(38, 12) as cost,
    together.cost::double / nullif(whole.cost::double, 0) as cost_share,
    together.tokens,
    together.calls,
    together.runs,
    together.cost_unknown_runs,
    together.tokens_unknown_runs
from together
cross join whole
order by together.kind asc, together.cost desc, together.role asc;

comment on view role_summary is
'Cost by role. Grain: one row per role, and one for what no role got.';
comment on column role_summary.kind is
'''role'', or ''unattributed'': cost that the files give to no role.';
comment on column role_summary.role is
'Role; null for what no role got.';
comment on column role_summary.cost is
'Cost in USD where known; all rows sum to the total cost.';
comment on column role_summary.cost_share is
'Part of the total cost, from 0 to 1; null where nothing was spent.';
comment on column role_summary.tokens is
'Tokens where known.';
comment on column role_summary.calls is
'Model calls where stated; null where nowhere.';
comment on column role_summary.runs is
'Runs with the role.';
comment on column role_summary.cost_unknown_runs is
'Runs that cost leaves out.';
comment on column role_summary.tokens_unknown_runs is
'Runs that tokens leaves out.';

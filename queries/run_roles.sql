-- Purpose: what each role of one run used, dearest first.
-- Grain:   table macro: role of the run.
-- Units:   USD, tokens; null where unknown.
-- Source:  role_usage.

create or replace macro run_roles(wanted_run) as table
    select
        role_usage.role,
        role_usage.model,
        role_usage.calls,
        role_usage.input_tokens,
        role_usage.output_tokens,
        role_usage.total_tokens,
        role_usage.cost_usd,
        role_usage.cost_usd::double
        / nullif(sum(role_usage.cost_usd) over (), 0)::double as cost_share,
        role_usage.cost_usd::double
        / nullif(role_usage.calls, 0) as cost_per_call
    from role_usage
    where role_usage.run_id = wanted_run
    order by
        role_usage.cost_usd desc nulls last, role_usage.role asc, role_usage.model asc;

comment on macro table run_roles is  -- noqa: PRS
'What each role of one run used, with its share of the cost that is known. Grain: role.';

-- Purpose: the calls of one run by how their cost is known, with what the cache had of them.
-- Grain:   table macro: 'measured', 'computed' and null, as far as there are such calls.
-- Units:   USD, tokens; null where unknown.
-- Source:  call_costs.
--
-- Empty where the run's record does not list its calls one by one.

create or replace macro run_calls(wanted_run) as table
    select
        cost_basis,
        count(*) as calls,
        sum(input_tokens)::bigint as input_tokens,
        sum(cache_write_tokens)::bigint as cache_write_tokens,
        sum(cache_read_tokens)::bigint as cache_read_tokens,
        sum(output_tokens)::bigint as output_tokens,
        sum(cost_usd)::decimal(38, 12) as cost_usd,
        string_agg(distinct unpriced_because, ', ' order by unpriced_because)
            as unpriced_because
    from call_costs
    where run_id = wanted_run
    group by cost_basis
    order by cost_basis desc nulls last;

comment on macro table run_calls is  -- noqa: PRS
'Calls of one run by how their cost is known, as far as their tokens are. Grain: basis.';

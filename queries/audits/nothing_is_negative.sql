-- Rule: No cost, token count or duration is below zero.
-- Returns the rows that break it.

select
    run_id,
    cost_usd,
    total_tokens
from runs
where
    cost_usd < 0
    or total_tokens < 0
    or input_tokens < 0
    or output_tokens < 0
    or calls < 0
union all
select
    run_id,
    cost_usd,
    total_tokens
from role_usage
where cost_usd < 0 or total_tokens < 0 or calls < 0
union all
select
    run_id,
    cost_usd,
    total_tokens
from model_usage
where cost_usd < 0 or total_tokens < 0 or calls < 0;

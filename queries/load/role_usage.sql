-- Staged runs -> role_usage. A role's tokens are those stated, else prompt plus
-- completion where both are known.
insert into role_usage
with entries as (
    select
        run.run_id as run_id,
        unnest(run.roles) as usage
    from staged_runs
)

select
    run_id,
    usage.role,
    usage.model,
    usage.calls,
    usage.input_tokens,
    usage.output_tokens,
    coalesce(usage.total_tokens, usage.input_tokens + usage.output_tokens),
    usage.cost_usd
from entries;

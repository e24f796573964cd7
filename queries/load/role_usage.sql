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
    calls_of(usage),
    input_tokens_of(usage),
    output_tokens_of(usage),
    coalesce(usage.total_tokens, input_tokens_of(usage) + output_tokens_of(usage)),
    cost_of(usage)
from entries;

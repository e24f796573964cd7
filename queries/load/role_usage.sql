-- Staged runs -> role_usage. A role's tokens are those stated, else prompt plus
-- completion where both are known.
-- Leaves `new_roles`, the rows that it wrote, for what is summed over them.
create or replace temp table new_roles as
with entries as (
    select
        run.run_id as run_id,
        unnest(run.roles) as usage
    from staged_runs
)

select
    run_id,
    usage.role as role,
    usage.model as model,
    calls_of(usage) as calls,
    input_tokens_of(usage) as input_tokens,
    output_tokens_of(usage) as output_tokens,
    coalesce(
        usage.total_tokens,
        input_tokens_of(usage) + output_tokens_of(usage)
    ) as total_tokens,
    cost_of(usage) as cost_usd
from entries;

insert into role_usage
select * from new_roles;

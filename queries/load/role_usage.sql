-- Staged runs -> role_usage_rows. A role's tokens are those stated, else prompt plus
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

insert into role_usage_rows
select
    new_keys.run_key,
    new_roles.* exclude (run_id),
    count(*) over (partition by new_keys.run_key, new_roles.role) > 1 as is_split
from new_roles
inner join new_keys on new_roles.run_id = new_keys.run_id;

-- Staged runs -> model_usage_rows. `by_model` decides where it is present, else roles
-- are grouped by model; a group with an unknown part is unknown. Runs after
-- role_usage.sql, whose rows it groups.
insert into model_usage_rows
with stated as (
    select
        run.run_id as run_id,
        unnest(run.models) as usage
    from staged_runs
),

derived as (
    select
        new_roles.run_id,
        new_roles.model,
        sum_of_known(new_roles.calls) as calls,
        sum_of_known(new_roles.input_tokens) as input_tokens,
        sum_of_known(new_roles.output_tokens) as output_tokens,
        sum_of_known(new_roles.total_tokens) as total_tokens,
        cost_of_known(new_roles.cost_usd) as cost_usd
    from new_roles
    inner join staged_runs
        on
            new_roles.run_id = staged_runs.run.run_id
            and staged_runs.run.models is null
    group by new_roles.run_id, new_roles.model
),

used as (
    select
        run_id,
        usage.model as model,
        calls_of(usage) as calls,
        input_tokens_of(usage) as input_tokens,
        output_tokens_of(usage) as output_tokens,
        coalesce(
            usage.total_tokens, input_tokens_of(usage) + output_tokens_of(usage)
        ) as total_tokens,
        cost_of(usage) as cost_usd
    from stated
    union all
    select * from derived
)

select
    new_keys.run_key,
    used.* exclude (run_id)
from used
inner join new_keys on used.run_id = new_keys.run_id;

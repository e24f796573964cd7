-- Staged runs -> `new_roles` and `new_models`, what roles and models used, under the numbers of
-- `new_keys`, and `said_twice`, the rows of roles that say all of what their model used as well. A
-- role's tokens are those stated, else prompt plus completion where both are known. Of models
-- `by_model` decides where it is present, else roles are grouped by model; a group with an unknown
-- part is unknown.
create or replace temp table new_roles as
with entries as (
    select
        new_keys.run_key,
        staged_runs.run.models is null as speaks_for_models,
        unnest(staged_runs.run.roles) as usage
    from staged_runs
    inner join new_keys on staged_runs.run.run_id = new_keys.run_id
)

select
    run_key,
    speaks_for_models,
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

create or replace temp table new_models as
with stated as (
    select
        new_keys.run_key,
        unnest(staged_runs.run.models) as usage
    from staged_runs
    inner join new_keys on staged_runs.run.run_id = new_keys.run_id
)

select
    run_key,
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
select
    run_key,
    model,
    sum_of_known(calls) as calls,
    sum_of_known(input_tokens) as input_tokens,
    sum_of_known(output_tokens) as output_tokens,
    sum_of_known(total_tokens) as total_tokens,
    cost_of_known(cost_usd) as cost_usd
from new_roles
where speaks_for_models
group by run_key, model;

-- Of two roles that say the same neither speaks for the model.
create or replace temp table said_twice as
select
    new_models.run_key,
    new_models.model,
    any_value(new_roles.role) as role
from new_models
inner join new_roles
    on
        new_models.run_key = new_roles.run_key
        and new_models.model = new_roles.model
        and new_models.calls is not distinct from new_roles.calls
        and new_models.input_tokens is not distinct from new_roles.input_tokens
        and new_models.output_tokens is not distinct from new_roles.output_tokens
        and new_models.total_tokens is not distinct from new_roles.total_tokens
        and new_models.cost_usd is not distinct from new_roles.cost_usd
group by new_models.run_key, new_models.model
having count(*) = 1;

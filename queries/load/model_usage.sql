-- Staged runs -> model_usage. `by_model` decides where it is present, else roles
-- are grouped by model; a group with an unknown part is unknown. Runs after
-- role_usage.sql, whose rows it groups.
insert into model_usage
with stated as (
    select
        run.run_id as run_id,
        unnest(run.models) as usage
    from staged_runs
),

derived as (
    select
        role_usage.run_id,
        role_usage.model,
        case
            when
                count(*) = count(role_usage.calls)
                and sum(role_usage.calls) <= 1000000000000
                then sum(role_usage.calls)
        end as calls,
        case
            when
                count(*) = count(role_usage.input_tokens)
                and sum(role_usage.input_tokens) <= 1000000000000
                then sum(role_usage.input_tokens)
        end as input_tokens,
        case
            when
                count(*) = count(role_usage.output_tokens)
                and sum(role_usage.output_tokens) <= 1000000000000
                then sum(role_usage.output_tokens)
        end as output_tokens,
        case
            when
                count(*) = count(role_usage.total_tokens)
                and sum(role_usage.total_tokens) <= 1000000000000
                then sum(role_usage.total_tokens)
        end as total_tokens,
        case
            when count(*) = count(role_usage.cost_usd)
                then try_cast(sum(role_usage.cost_usd) as decimal(18, 12))
        end as cost_usd
    from role_usage
    inner join staged_runs
        on
            role_usage.run_id = staged_runs.run.run_id
            and len(staged_runs.run.models) = 0
    group by role_usage.run_id, role_usage.model
)

select
    run_id,
    usage.model,
    usage.calls,
    usage.input_tokens,
    usage.output_tokens,
    coalesce(usage.total_tokens, usage.input_tokens + usage.output_tokens),
    usage.cost_usd
from stated
union all
select
    run_id,
    model,
    calls,
    input_tokens,
    output_tokens,
    total_tokens,
    cost_usd
from derived;

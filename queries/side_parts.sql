-- Purpose: what each project, model and role cost on one side of a comparison.
-- Grain:   table macro: project × model × role × whether tokens are known; model and role are
--          null where the files do not say.
-- Units:   USD, tokens, runs.
-- Source:  side_runs, role_usage_rows.
--
-- Only runs of known cost count. What a run cost beyond its roles stands in the row
-- without model and role, so that all rows sum to the cost of the side.

create or replace macro side_parts(dimension, chosen, first, last) as table
    with side as materialized (
        from side_runs(dimension, chosen, first, last)
    ),

    known as (
        select * from side
        where cost_usd is not null
    ),

    used as (
        select
            known.run_key,
            known.project_name,
            role_usage_rows.model,
            role_usage_rows.role,
            role_usage_rows.cost_usd as cost,
            role_usage_rows.total_tokens as tokens
        from known
        inner join role_usage_rows on known.run_key = role_usage_rows.run_key
        where
            role_usage_rows.cost_usd is not null
            and passes_filter('roles', role_usage_rows.role)
            and passes_filter('models', role_usage_rows.model)
            and (dimension != 'model' or role_usage_rows.model = chosen)
            and (dimension != 'role' or role_usage_rows.role = chosen)
    ),

    attributed as (
        select
            run_key,
            sum(cost) as cost
        from used
        group by run_key
    ),

    remainders as (
        select
            known.run_key,
            known.project_name,
            null::varchar as model,
            null::varchar as role,
            known.cost_usd - coalesce(attributed.cost, 0) as cost,
            case when attributed.run_key is null then known.total_tokens end
                as tokens
        from known
        left join attributed on known.run_key = attributed.run_key
    ),

    parts as (
        select * from used
        union all
        select * from remainders
        where cost != 0
    )

    select
        project_name,
        model,
        role,
        coalesce(tokens > 0, false) as is_measured,
        count(*) as runs,
        sum(cost)::decimal(38, 12) as cost,
        sum(tokens)::bigint as tokens
    from parts
    group by project_name, model, role, coalesce(tokens > 0, false);

comment on macro table side_parts is  -- noqa: PRS
'Runs, cost and tokens of one side of a comparison. Grain: project × model × role × is_measured (whether tokens are known and not zero).';

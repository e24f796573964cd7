-- Purpose: what drove a change of cost.
-- Grain:   table macro: project × model × role, the largest change first.
-- Units:   USD; a minus b.
-- Source:  side_parts.
--
-- Cost is runs × tokens per run × cost per token. Each factor's contribution is its
-- Shapley value: its effect, averaged over all orders in which the three may change.
-- Runs of unknown tokens are taken by themselves, and tokens and price are one for them:
-- dearer runs; so it is for all runs of a part of which one side has no known tokens.
-- What is new or gone is all runs. The last contribution of each part is what the others
-- leave, so that the four sum to the change to the last digit.
-- What is compared (a project with a project, say) is null, for it differs throughout.

create or replace macro cost_drivers(
    dimension, a, b, a_first, a_last, b_first, b_last
) as table
    with both_sides as (
        select
            'a' as side,
            *
        from side_parts(dimension, a, a_first, a_last)
        union all
        select
            'b' as side,
            *
        from side_parts(dimension, b, b_first, b_last)
    ),

    keyed as (
        select
            side,
            case when dimension != 'project' then project_name end
                as project_name,
            case when dimension != 'model' then model end as model,
            case when dimension != 'role' then role end as role,
            is_measured,
            runs,
            cost,
            tokens
        from both_sides
    ),

    marked as (
        select
            *,
            is_measured
            and bool_or(is_measured and side = 'a') over part
            and bool_or(is_measured and side = 'b') over part as is_split
        from keyed
        window part as (partition by project_name, model, role)
    ),

    cells as (
        select
            project_name,
            model,
            role,
            is_split,
            coalesce(sum(cost) filter (where side = 'a'), 0)::decimal(38, 12)
                as a_cost,
            coalesce(sum(cost) filter (where side = 'b'), 0)::decimal(38, 12)
                as b_cost,
            coalesce(sum(runs) filter (where side = 'a'), 0)::bigint as a_runs,
            coalesce(sum(runs) filter (where side = 'b'), 0)::bigint as b_runs,
            (sum(tokens) filter (where side = 'a'))::bigint as a_tokens,
            (sum(tokens) filter (where side = 'b'))::bigint as b_tokens
        from marked
        group by project_name, model, role, is_split
    ),

    factors as (
        select
            *,
            (a_cost - b_cost)::decimal(38, 12) as change,
            a_runs = 0 or b_runs = 0 as is_new_or_gone,
            a_runs::double as n1,
            b_runs::double as n0,
            a_tokens::double / nullif(a_runs, 0) as t1,
            b_tokens::double / nullif(b_runs, 0) as t0,
            a_cost::double / nullif(a_tokens, 0) as p1,
            b_cost::double / nullif(b_tokens, 0) as p0,
            a_cost::double / nullif(a_runs, 0) as c1,
            b_cost::double / nullif(b_runs, 0) as c0
        from cells
    ),

    effects as (
        select
            *,
            case
                when is_new_or_gone then change
                when is_split
                    then (
                        (n1 - n0)
                        * ((t0 * p0 + t1 * p1) / 3 + (t0 * p1 + t1 * p0) / 6)
                    )::decimal(38, 12)
                else ((n1 - n0) * (c0 + c1) / 2)::decimal(38, 12)
            end as more_runs,
            case
                when not is_new_or_gone and is_split
                    then (
                        (t1 - t0)
                        * ((n0 * p0 + n1 * p1) / 3 + (n0 * p1 + n1 * p0) / 6)
                    )::decimal(38, 12)
                else 0
            end::decimal(38, 12) as more_tokens
        from factors
    )

    select
        project_name,
        model,
        role,
        sum(a_cost)::decimal(38, 12) as a_cost,
        sum(b_cost)::decimal(38, 12) as b_cost,
        sum(change)::decimal(38, 12) as change,
        sum(more_runs)::decimal(38, 12) as more_runs,
        sum(more_tokens)::decimal(38, 12) as more_tokens,
        coalesce(
            sum(change - more_runs - more_tokens) filter (
                where is_split and not is_new_or_gone
            ), 0
        )::decimal(38, 12) as dearer_tokens,
        coalesce(
            sum(change - more_runs) filter (
                where not is_split and not is_new_or_gone
            ), 0
        )::decimal(38, 12) as dearer_runs,
        sum(a_runs)::bigint as a_runs,
        sum(b_runs)::bigint as b_runs,
        sum(a_tokens)::bigint as a_tokens,
        sum(b_tokens)::bigint as b_tokens
    from effects
    group by project_name, model, role
    order by
        abs(sum(change)) desc,
        project_name asc,
        model asc nulls last,
        role asc nulls last;

comment on macro table cost_drivers is  -- noqa: PRS
'Contributions to a change of cost, split into more runs, more tokens per run, dearer tokens, and dearer runs where tokens are unknown; the four sum to the change. Grain: project × model × role.';

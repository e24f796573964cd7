-- Purpose: the runs of one side of a comparison.
-- Grain:   table macro: one row per run.
-- Units:   USD, tokens, seconds, UTC.
-- Source:  matching_runs, run_facts, model_fact_rows, role_fact_rows.
--
-- `dimension` says what is compared: 'range' takes the runs that began from `first` on
-- and before `last`; 'project', 'mode', 'qa' and 'status' those with the value `chosen`;
-- 'model' and 'role' those that used it, and of their cost and tokens its part. All
-- filters hold; a 'range' stands in the place of the range that is set.

create or replace macro side_runs(dimension, chosen, first, last) as table
    with parts as (
        select
            run_key,
            total_tokens,
            cost_usd
        from model_fact_rows
        where dimension = 'model' and model = chosen
        union all
        select
            run_key,
            total_tokens,
            cost_usd
        from role_fact_rows
        where dimension = 'role' and role = chosen
    ),

    parts_of_run as (
        select
            run_key,
            sum_or_unknown(total_tokens)::bigint as total_tokens,
            sum_or_unknown(cost_usd)::decimal(18, 12) as cost_usd
        from parts
        group by run_key
    )

    select
        run_key,
        project_name,
        qa_status,
        total_tokens,
        cost_usd,
        duration_seconds
    from matching_runs
    where
        dimension = 'range'
        and started_at >= first::timestamp
        and started_at < last::timestamp
    union all
    select
        run_key,
        project_name,
        qa_status,
        total_tokens,
        cost_usd,
        duration_seconds
    from run_facts
    where
        chosen = case dimension
            when 'project' then project_name
            when 'mode' then coalesce(mode, 'unknown')
            when 'qa' then coalesce(qa_status, 'not_run')
            when 'status' then coalesce(final_status, 'unknown')
        end
    union all
    select
        run_facts.run_key,
        run_facts.project_name,
        run_facts.qa_status,
        parts_of_run.total_tokens,
        parts_of_run.cost_usd,
        run_facts.duration_seconds
    from run_facts
    inner join parts_of_run on run_facts.run_key = parts_of_run.run_key
    where dimension in ('model', 'role');

comment on macro table side_runs is  -- noqa: PRS
'Runs of one side of a comparison: of a range, or with a value of project, mode, qa, status, model or role. Grain: one row per run.';

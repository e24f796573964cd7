-- Purpose: one page of the list of runs, in any order, quick at any depth.
-- Grain:   table macro: one row per run, at most `page_rows`, of the runs in run_facts.
-- Units:   USD, tokens, seconds; times of the chosen zone.
-- Source:  run_facts, runs, model_usage_rows.
--
--     from run_page('cost', true, null, null, 40);
--
-- `sort` is 'started', 'cost', 'tokens', 'duration' or 'rounds'; unknown comes last in
-- either direction. The next page begins behind the last row of this one, which its
-- `sort_key` (null where unknown) and run_id name; a place that is counted would have
-- to be reached row by row. Exact numbers, so that no run is shown twice or never.
--
-- Rows are ordered by the columns themselves, one of which is left when the macro is planned: of a
-- column DuckDB knows which groups of rows cannot be on the page; of `place`, which has the same
-- order, it would not, and make and compare that of every run. The page is mentioned once, as whole
-- rows: of what is mentioned twice DuckDB would keep all runs, because a file does not keep that a
-- part is `materialized`.

create or replace macro run_page(sort, descending, after_key, after_id, page_rows) as table
    with keyed as (
        select
            *,
            case sort
                when 'started' then epoch_us(started_at)::decimal(38, 12)
                when 'cost' then cost_usd::decimal(38, 12)
                when 'tokens' then total_tokens::decimal(38, 12)
                when 'duration' then (duration_microseconds * 0.000001)::decimal(38, 12)
                when 'rounds' then rounds_completed::decimal(38, 12)
            end as sort_key
        from run_facts
    ),

    placed as (
        select
            *,
            case when descending then -sort_key else sort_key end as place,
            case
                when descending then -(after_key::decimal(38, 12))
                else after_key::decimal(38, 12)
            end as after_place
        from keyed
    ),

    page as (
        select
            run_id,
            run_key,
            total_tokens,
            cost_usd,
            duration_seconds,
            sort_key,
            place
        from placed
        where
            after_id is null
            or place > after_place
            or (place is null and after_place is not null)
            or (place is not distinct from after_place and run_id > after_id)
        order by
            case when sort = 'started' and descending then started_at end desc nulls last,
            case when sort = 'started' and not descending then started_at end asc nulls last,
            case when sort = 'cost' and descending then cost_usd end desc nulls last,
            case when sort = 'cost' and not descending then cost_usd end asc nulls last,
            case when sort = 'tokens' and descending then total_tokens end desc nulls last,
            case when sort = 'tokens' and not descending then total_tokens end asc nulls last,
            case
                when sort = 'duration' and descending then duration_microseconds
            end desc nulls last,
            case
                when sort = 'duration' and not descending then duration_microseconds
            end asc nulls last,
            case when sort = 'rounds' and descending then rounds_completed end desc nulls last,
            case
                when sort = 'rounds' and not descending then rounds_completed
            end asc nulls last,
            run_id asc
        limit page_rows
    ),

    used as (
        select
            page,
            list(model_usage_rows.model order by model_usage_rows.model) filter (
                where model_usage_rows.model is not null
            ) as models
        from page
        left join model_usage_rows on page.run_key = model_usage_rows.run_key
        group by page
    )

    select
        used.page.run_id,
        runs.project_name,
        runs.mode,
        left(runs.task, 200) as task,
        in_zone(runs.started_at) as started,
        runs.qa_status,
        runs.final_status,
        runs.rounds_completed,
        runs.max_rounds,
        used.page.cost_usd,
        runs.estimated_cost_usd,
        used.page.total_tokens,
        runs.tokens_redacted,
        used.page.duration_seconds,
        coalesce(used.models, []) as models,
        runs.stale_since is not null as is_stale,
        runs.source_missing_since is not null as is_missing,
        used.page.sort_key::varchar as sort_key
    from used
    inner join runs on used.page.run_key = runs.run_key
    order by used.page.place asc nulls last, used.page.run_id asc;

comment on macro table run_page is  -- noqa: PRS
'One page of the list of runs that count, sorted, behind a given row. Grain: one row per run.';

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
-- order, it would not, and make and compare that of every run.

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

    page as materialized (
        select * from placed
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

    models as (
        select
            model_usage_rows.run_key,
            list(model_usage_rows.model order by model_usage_rows.model) as models
        from model_usage_rows
        where model_usage_rows.run_key in (select page.run_key from page)
        group by model_usage_rows.run_key
    )

    select
        page.run_id,
        page.project_name,
        page.mode,
        left(runs.task, 200) as task,
        in_zone(page.started_at) as started,
        page.qa_status,
        page.final_status,
        page.rounds_completed,
        runs.max_rounds,
        page.cost_usd,
        page.estimated_cost_usd,
        page.total_tokens,
        page.tokens_redacted,
        page.duration_seconds,
        coalesce(models.models, []) as models,
        page.stale_since is not null as is_stale,
        page.source_missing_since is not null as is_missing,
        page.sort_key::varchar as sort_key
    from page
    inner join runs on page.run_key = runs.run_key
    left join models on page.run_key = models.run_key
    order by page.place asc nulls last, page.run_id asc;

comment on macro table run_page is  -- noqa: PRS
'One page of the list of runs that count, sorted, behind a given row. Grain: one row per run.';

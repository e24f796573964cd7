-- Purpose: everything that is known of one run.
-- Grain:   table macro: one row for a run that exists, else none.
-- Units:   USD, tokens, seconds; times of the chosen zone, unless they end in _since.
-- Source:  runs, sources.
--
-- The run as a whole, whatever is filtered.

create or replace macro run_detail(wanted_run) as table
    select
        runs.run_id,
        runs.source_path,
        runs.project_name,
        runs.project_dir,
        runs.mode,
        runs.task,
        in_zone(runs.started_at) as started,
        in_zone(runs.finished_at) as finished,
        case
            when runs.finished_at >= runs.started_at
                then epoch_us(runs.finished_at) - epoch_us(runs.started_at)
        end / 1e6 as duration_seconds,
        runs.max_rounds,
        runs.rounds_completed,
        runs.final_status,
        runs.safety_status,
        runs.qa_status,
        runs.qa_summary,
        runs.cost_usd,
        runs.estimated_cost_usd,
        runs.cost_usd - runs.estimated_cost_usd as over_estimate_usd,
        (runs.cost_usd - runs.estimated_cost_usd)::double
        / nullif(runs.estimated_cost_usd, 0)::double as over_estimate_share,
        runs.max_cost_usd,
        runs.cost_usd::double / nullif(runs.max_cost_usd, 0)::double
            as cap_share,
        runs.cost_usd > runs.max_cost_usd as is_over_cap,
        runs.calls,
        runs.input_tokens,
        runs.output_tokens,
        runs.total_tokens,
        runs.tokens_redacted,
        in_zone(runs.stale_since) as stale_since,
        in_zone(runs.source_missing_since) as missing_since,
        in_zone(runs.indexed_at) as indexed,
        sources.state as source_state,
        sources.size as source_bytes,
        in_zone(make_timestamp(sources.mtime_ns // 1000)) as source_changed,
        sources.content_hash
    from runs
    left join
        (
            -- by run first: making the paths of all files takes longer
            select * from sources
            where kind = 'run' and run_id = wanted_run
        ) as sources
        on runs.source_path = sources.path
    where runs.run_id = wanted_run;

comment on macro table run_detail is  -- noqa: PRS
'Everything that is known of one run, and the state of its file. Grain: one row.';

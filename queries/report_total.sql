-- Purpose: the last line of a report: what its rows come to.
-- Grain:   table macro: exactly one row for one name.
-- Units:   USD, tokens, seconds.
-- Source:  run_facts, model_fact_rows, role_uses, clock.
--
--     from report_total('models');
--
-- `name` is 'series' (the periods of the series), 'projects', 'models' or 'roles'. Runs,
-- QA and durations are those of the runs behind the rows, each counted once; uses are
-- the run × model or run × role pairs. Cost that the files give to no role is in the
-- total of roles, as it has a row of its own there; that of no model is not in models.

create or replace macro report_total(name) as table
    with series as materialized (
        select
            series_start,
            series_end
        from clock
    ),

    chosen as (
        select * from run_facts
        where
            name != 'series'
            or (
                started_at >= (select series.series_start from series)
                and started_at < (select series.series_end from series)
            )
    ),

    runs_of as (
        select
            count(*) as runs,
            coalesce(sum(cost_usd), 0)::decimal(38, 12) as cost,
            count(*) filter (where qa_status = 'passed') as qa_passed,
            count(*) filter (where qa_status = 'warning') as qa_warning,
            count(*) filter (where qa_status = 'failed') as qa_failed,
            count(*) filter (where qa_status = 'error') as qa_error,
            count(*) filter (where qa_status is null) as qa_not_run,
            avg(duration_microseconds) / 1e6 as avg_duration_seconds
        from chosen
    ),

    parts as (
        select
            calls,
            input_tokens,
            output_tokens,
            total_tokens,
            cost_usd,
            total_tokens as whole_tokens,
            cost_usd as whole_cost_usd
        from chosen
        where name in ('series', 'projects')
        union all
        select
            calls,
            input_tokens,
            output_tokens,
            total_tokens,
            cost_usd,
            total_tokens as whole_tokens,
            cost_usd as whole_cost_usd
        from model_fact_rows
        where name = 'models'
        union all
        select
            calls,
            input_tokens,
            output_tokens,
            total_tokens,
            cost_usd,
            whole_tokens,
            whole_cost_usd
        from role_uses
        where name = 'roles'
    ),

    usage_of as (
        select
            count(*) as uses,
            sum(calls)::bigint as calls,
            sum(input_tokens)::bigint as input_tokens,
            sum(output_tokens)::bigint as output_tokens,
            coalesce(sum(total_tokens), 0)::bigint as tokens,
            coalesce(sum(cost_usd), 0)::decimal(38, 12) as cost,
            count(*) - count(whole_tokens) as tokens_unknown_runs,
            count(*) - count(whole_cost_usd) as cost_unknown_runs
        from parts
    )

    select
        runs_of.runs,
        usage_of.uses,
        usage_of.calls,
        usage_of.tokens,
        usage_of.input_tokens,
        usage_of.output_tokens,
        case when name = 'roles' then runs_of.cost else usage_of.cost end as cost,
        runs_of.qa_passed,
        runs_of.qa_warning,
        runs_of.qa_failed,
        runs_of.qa_error,
        runs_of.qa_not_run,
        runs_of.qa_passed / nullif(
            runs_of.qa_passed + runs_of.qa_warning + runs_of.qa_failed, 0
        ) as qa_pass_rate,
        runs_of.avg_duration_seconds,
        usage_of.tokens_unknown_runs,
        usage_of.cost_unknown_runs
    from runs_of
    cross join usage_of;

comment on macro table report_total is  -- noqa: PRS
'What the rows of a report (series, projects, models, roles) come to. Grain: one row.';

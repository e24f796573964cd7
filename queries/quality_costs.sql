-- Purpose: what quality costs: per run that passed, and what was spent for nothing.
-- Grain:   table macro: one row per project, model or mode; one row for 'all'.
-- Units:   USD, runs, rounds; rates from 0 to 1.
-- Source:  run_facts, model_fact_rows, quality_class.
--
--     from quality_costs('project');
--
-- By model the cost is that of the model's part in each run.

create or replace macro quality_costs(dimension) as table
    with facts as (
        select
            case dimension
                when 'project' then project_name
                when 'mode' then coalesce(mode, 'unknown')
                else 'all'
            end as part,
            qa_status,
            quality_class(final_status, qa_status) as class,
            rounds_completed,
            cost_usd
        from run_facts
        where dimension in ('project', 'mode', 'all')
        union all
        select
            model_fact_rows.model as part,
            run_facts.qa_status,
            quality_class(run_facts.final_status, run_facts.qa_status) as class,
            run_facts.rounds_completed,
            model_fact_rows.cost_usd
        from model_fact_rows
        inner join run_facts on model_fact_rows.run_key = run_facts.run_key
        where dimension = 'model'
    ),

    sums as (
        select
            part,
            count(*) as runs,
            coalesce(sum(cost_usd), 0)::decimal(38, 12) as cost,
            count(*) - count(cost_usd) as cost_unknown_runs,
            count(*) filter (where qa_status = 'passed') as passed_runs,
            count(*) filter (
                where qa_status in ('passed', 'warning', 'failed')
            ) as judged_runs,
            avg(cost_usd) filter (where qa_status = 'passed') as cost_of_passed,
            coalesce(sum(cost_usd) filter (where class = 'failed'), 0)::decimal(38, 12)
                as failed_cost,
            coalesce(
                sum(cost_usd) filter (where class = 'not_finished'), 0
            )::decimal(38, 12) as unfinished_cost,
            avg(rounds_completed) filter (where qa_status = 'passed')
                as rounds_of_passed
        from facts
        group by part
    )

    select
        part,
        runs,
        cost,
        cost_unknown_runs,
        passed_runs,
        judged_runs,
        passed_runs / nullif(judged_runs, 0) as pass_rate,
        case
            when cost_unknown_runs < runs
                then cost::double / nullif(passed_runs, 0)
        end as cost_per_passed,
        cost_of_passed,
        failed_cost,
        unfinished_cost,
        (failed_cost + unfinished_cost)::decimal(38, 12) as lost_cost,
        (failed_cost + unfinished_cost)::double / nullif(cost::double, 0)
            as lost_share,
        rounds_of_passed
    from sums
    order by cost desc, part asc;

comment on macro table quality_costs is  -- noqa: PRS
'Cost per run that passed QA, money spent on runs that failed it or did not finish, and rounds, by ''project'', ''model'', ''mode'' or ''all''. Grain: one row per part.';

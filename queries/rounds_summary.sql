-- Purpose: how many rounds runs needed, and what came of it.
-- Grain:   one row per number of rounds; 20 and more are one, and unknown is one.
-- Units:   rounds, runs, USD.
-- Source:  run_facts.

create or replace view rounds_summary as
with facts as (
    select
        case when rounds_completed >= 20 then 20 else rounds_completed end
            as rounds,
        qa_status,
        cost_usd
    from run_facts
)

select
    rounds,
    count(*) as runs,
    count(*) filter (where qa_status = 'passed') as passed_runs,
    count(*) filter (
        where qa_status in ('passed', 'warning', 'failed')
    ) as judged_runs,
    count(*) filter (where qa_status = 'passed') / nullif(
        count(*) filter (where qa_status in ('passed', 'warning', 'failed')), 0
    ) as pass_rate,
    coalesce(sum(cost_usd), 0)::decimal(38, 12) as cost,
    avg(cost_usd) as cost_per_run,
    count(*) - count(cost_usd) as cost_unknown_runs
from facts
group by rounds
order by rounds asc nulls last;

comment on view rounds_summary is
'Runs by rounds done. Grain: one row per number of rounds.';
comment on column rounds_summary.rounds is
'Rounds done; 20 stands for 20 and more; null where unknown.';
comment on column rounds_summary.runs is
'Runs.';
comment on column rounds_summary.passed_runs is
'Runs that passed QA.';
comment on column rounds_summary.judged_runs is
'Runs that QA judged: passed, warning or failed.';
comment on column rounds_summary.pass_rate is
'passed / judged; null where there is none.';
comment on column rounds_summary.cost is
'Cost in USD where known.';
comment on column rounds_summary.cost_per_run is
'Mean cost in USD of the runs whose cost is known; null where none is.';
comment on column rounds_summary.cost_unknown_runs is
'Runs that cost leaves out.';

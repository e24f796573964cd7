-- Purpose: what each model cost.
-- Grain:   one row per model, dearest first, then by name.
-- Units:   USD, tokens; sums of what is known, with the unknown counted.
-- Source:  model_fact_rows (one row per run and model, so rows are runs).

create or replace view model_summary as
with grouped as (
    select
        model as model_name,
        coalesce(sum(total_tokens), 0)::bigint as total_tokens,
        coalesce(sum(cost_usd), 0)::decimal(38, 12) as total_cost,
        count(*) as usage_count,
        sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens,
        sum(calls)::bigint as calls,
        count(*) - count(total_tokens) as tokens_unknown_runs,
        count(*) - count(cost_usd) as cost_unknown_runs
    from model_fact_rows
    group by model
)

select
    *,
    (
        total_cost::double / nullif(sum(total_cost) over ()::double, 0)
    ) as cost_share
from grouped
order by total_cost desc, model_name asc;

comment on view model_summary is
'Cost by model. Grain: one row per model.';
comment on column model_summary.model_name is
'Model.';
comment on column model_summary.total_tokens is
'Tokens of the runs whose tokens are known.';
comment on column model_summary.total_cost is
'Cost in USD where known.';
comment on column model_summary.usage_count is
'Runs that used the model.';
comment on column model_summary.input_tokens is
'Prompt tokens where stated; null where nowhere.';
comment on column model_summary.output_tokens is
'Completion tokens where stated; null where nowhere.';
comment on column model_summary.calls is
'Model calls where stated; null where nowhere.';
comment on column model_summary.tokens_unknown_runs is
'Runs that total_tokens leaves out.';
comment on column model_summary.cost_unknown_runs is
'Runs that total_cost leaves out.';
comment on column model_summary.cost_share is
'Part of the cost of all models, from 0 to 1; null where nothing was spent.';

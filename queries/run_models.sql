-- Purpose: what each model of one run used, dearest first.
-- Grain:   table macro: model of the run.
-- Units:   USD, tokens; null where unknown.
-- Source:  model_usage.

create or replace macro run_models(wanted_run) as table
    select
        model_usage.model,
        model_usage.calls,
        model_usage.input_tokens,
        model_usage.output_tokens,
        model_usage.total_tokens,
        model_usage.cost_usd,
        model_usage.cost_usd::double
        / nullif(sum(model_usage.cost_usd) over (), 0)::double as cost_share
    from model_usage
    where model_usage.run_id = wanted_run
    order by model_usage.cost_usd desc nulls last, model_usage.model asc;

comment on macro table run_models is  -- noqa: PRS
'What each model of one run used, with its share of the cost that is known. Grain: model.';

-- Purpose: model_summary as the session was told it, so that it need not be asked again.
-- Grain:   one row per model, dearest first, then by name; none where nothing was told.
-- Units:   USD, tokens, as model_summary.
-- Source:  session variable `told_models`, a list of what model_summary says under the same filters.

create or replace view told_model_sums as
with told as (
    select
        unnest(
            getvariable('told_models')::struct(
                model_name varchar,
                total_tokens bigint,
                total_cost decimal(38, 12),
                usage_count bigint,
                input_tokens bigint,
                output_tokens bigint,
                calls bigint,
                tokens_unknown_runs bigint,
                cost_unknown_runs bigint,
                cost_share double
            )[],
            recursive := true
        )
)

select * from told
order by total_cost desc, model_name asc;

comment on view told_model_sums is
'model_summary as the session was told it, empty where it was not. Grain: one row per model.';
comment on column told_model_sums.model_name is
'Model.';
comment on column told_model_sums.total_tokens is
'Tokens of the runs whose tokens are known.';
comment on column told_model_sums.total_cost is
'Cost in USD where known.';
comment on column told_model_sums.usage_count is
'Runs that used the model.';
comment on column told_model_sums.input_tokens is
'Prompt tokens where stated; null where nowhere.';
comment on column told_model_sums.output_tokens is
'Completion tokens where stated; null where nowhere.';
comment on column told_model_sums.calls is
'Model calls where stated; null where nowhere.';
comment on column told_model_sums.tokens_unknown_runs is
'Runs that total_tokens leaves out.';
comment on column told_model_sums.cost_unknown_runs is
'Runs that total_cost leaves out.';
comment on column told_model_sums.cost_share is
'Part of the cost of all models, from 0 to 1; null where nothing was spent.';

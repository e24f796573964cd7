-- Purpose: model_sums as the session was told them, so that they need not be asked again.
-- Grain:   one row per model, dearest first, then by name; none where nothing was told.
-- Units:   USD, tokens, as model_summary.
-- Source:  session variable `told_models`, a list of what summed_models says under the same filters.

create or replace view told_model_sums as
with told as (
    select
        unnest(
            getvariable('told_models')::struct(
                model_name varchar,
                total_tokens bigint,
                total_cost decimal(38, 12),
                usage_count bigint,
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
'model_sums as the session was told them, empty where it was not. Grain: one row per model.';
comment on column told_model_sums.model_name is
'Model.';
comment on column told_model_sums.total_tokens is
'Tokens of the runs whose tokens are known.';
comment on column told_model_sums.total_cost is
'Cost in USD where known.';
comment on column told_model_sums.usage_count is
'Runs that used the model.';
comment on column told_model_sums.tokens_unknown_runs is
'Runs that total_tokens leaves out.';
comment on column told_model_sums.cost_unknown_runs is
'Runs that total_cost leaves out.';
comment on column told_model_sums.cost_share is
'Part of the cost of all models, from 0 to 1; null where nothing was spent.';

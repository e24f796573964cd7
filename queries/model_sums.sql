-- Purpose: what each model cost, for views that build on it.
-- Grain:   one row per model, dearest first, then by name.
-- Units:   USD, tokens, as model_summary.
-- Source:  told_model_sums where the session was told, else summed_models.
--
-- What a page shows of models is asked once for all of its panels. DuckDB would sum for each view that
-- mentions model_summary, as each needs other columns of it.

create or replace view model_sums as
select *
from query_table(
    case
        when getvariable('told_models') is null then 'summed_models'
        else 'told_model_sums'
    end
);

comment on view model_sums is
'Cost by model, as told or as asked. Grain: one row per model.';
comment on column model_sums.model_name is
'Model.';
comment on column model_sums.total_tokens is
'Tokens of the runs whose tokens are known.';
comment on column model_sums.total_cost is
'Cost in USD where known.';
comment on column model_sums.usage_count is
'Runs that used the model.';
comment on column model_sums.tokens_unknown_runs is
'Runs that total_tokens leaves out.';
comment on column model_sums.cost_unknown_runs is
'Runs that total_cost leaves out.';
comment on column model_sums.cost_share is
'Part of the cost of all models, from 0 to 1; null where nothing was spent.';

-- Purpose: of model_summary what other views and the overview need, to be told.
-- Grain:   one row per model, dearest first, then by name.
-- Units:   USD, tokens, as model_summary.
-- Source:  model_summary.
--
-- Tokens by direction and calls are left out: few files state them, and a column with nulls takes
-- several times as long to sum as one without.

create or replace view summed_models as
select
    model_name,
    total_tokens,
    total_cost,
    usage_count,
    tokens_unknown_runs,
    cost_unknown_runs,
    cost_share
from model_summary
order by total_cost desc, model_name asc;

comment on view summed_models is
'Cost by model, without tokens by direction. Grain: one row per model.';
comment on column summed_models.model_name is
'Model.';
comment on column summed_models.total_tokens is
'Tokens of the runs whose tokens are known.';
comment on column summed_models.total_cost is
'Cost in USD where known.';
comment on column summed_models.usage_count is
'Runs that used the model.';
comment on column summed_models.tokens_unknown_runs is
'Runs that total_tokens leaves out.';
comment on column summed_models.cost_unknown_runs is
'Runs that total_cost leaves out.';
comment on column summed_models.cost_share is
'Part of the cost of all models, from 0 to 1; null where nothing was spent.';

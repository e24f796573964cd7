-- Purpose: the part of a run that each model has, under the model and role filters.
-- Grain:   run × model.
-- Units:   USD, tokens; null where unknown.
-- Source:  model_usage_rows; role_usage_rows where roles are filtered, for only it knows them.
--
-- Says nothing of which runs count; see model_fact_rows. One role has one row of a model, and
-- nothing need be summed.

create or replace view model_parts as
select
    *,
    false as is_split
from model_usage_rows
where
    getvariable('roles') is null
    and passes_filter('models', model)
union all
select * exclude (role, is_model_usage) from role_usage_rows
where
    one_role_is_asked()
    and passes_filter('roles', role)
union all
select
    run_key,
    model,
    sum_or_unknown(calls)::bigint as calls,
    sum_or_unknown(input_tokens)::bigint as input_tokens,
    sum_or_unknown(output_tokens)::bigint as output_tokens,
    sum_or_unknown(total_tokens)::bigint as total_tokens,
    sum_or_unknown(cost_usd)::decimal(18, 12) as cost_usd,
    false as is_split
from role_usage_rows
where
    getvariable('roles') is not null
    and not one_role_is_asked()
    and passes_filter('roles', role)
    and passes_filter('models', model)
group by run_key, model;

comment on view model_parts is
'What each model of a run used, narrowed by the model and role filters. Grain: run × model.';
comment on column model_parts.run_key is
'Number of the run, as runs.run_key.';
comment on column model_parts.model is
'Model.';
comment on column model_parts.calls is
'Model calls; null where unknown.';
comment on column model_parts.input_tokens is
'Prompt tokens; null where unknown.';
comment on column model_parts.output_tokens is
'Completion tokens; null where unknown.';
comment on column model_parts.total_tokens is
'Tokens; null where unknown.';
comment on column model_parts.cost_usd is
'Cost in USD; null where unknown.';
comment on column model_parts.is_split is
'Whether one role is asked for and used several models in this run.';

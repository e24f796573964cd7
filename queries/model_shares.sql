-- Purpose: the models that matter, and the rest as one, so that the parts make the whole.
-- Grain:   one row per part: at most eight models, or seven and the rest; then what no model got.
-- Units:   USD, tokens, uses (run × model).
-- Source:  model_sums, run_facts.

create or replace view model_shares as
with ranked as (
    select
        *,
        row_number() over (
            order by total_cost desc, usage_count desc, model_name asc
        ) as place_of_all,
        count(*) over () as models_of_all
    from model_sums
),

placed as (
    select
        *,
        case when models_of_all <= 8 then place_of_all else least(place_of_all, 8)
        end as place
    from ranked
),

parts as (
    select
        place,
        case when count(*) = 1 then 'model' else 'rest' end as kind,
        case when count(*) = 1 then any_value(model_name) end as model_name,
        count(*) as models,
        sum(total_cost)::decimal(38, 12) as cost,
        sum(total_tokens)::bigint as tokens,
        sum(usage_count)::bigint as uses,
        sum(cost_unknown_runs)::bigint as cost_unknown_uses,
        sum(tokens_unknown_runs)::bigint as tokens_unknown_uses
    from placed
    group by place
),

whole as (
    select
        count(*) as runs,
        coalesce(sum(cost_usd), 0)::decimal(38, 12) as cost
    from run_facts
),

unattributed as (
    select
        9 as place,
        'unattributed' as kind,
        null::varchar as model_name,
        0 as models,
        whole.cost - coalesce((select sum(parts.cost) from parts), 0) as cost
    from whole
),

together as (
    select * from parts
    union all by name
    select * from unattributed
    where cost != 0
)

select
    together.place::integer as place,
    together.kind,
    together.model_name,
    together.models::bigint as models,
    together.cost::decimal(38, 12) as cost,
    together.cost::double / nullif(whole.cost::double, 0) as cost_share,
    together.tokens,
    together.uses,
    together.uses / nullif(whole.runs, 0) as usage_share,
    together.cost_unknown_uses,
    together.tokens_unknown_uses
from together
cross join whole
order by together.place;

comment on view model_shares is
'Cost by model, the small ones as one. Grain: one row per part.';
comment on column model_shares.place is
'Place by cost, from 1; 9 for what no model got.';
comment on column model_shares.kind is
'''model'', ''rest'' (several models together) or ''unattributed'' (cost that the files give to no model).';
comment on column model_shares.model_name is
'Model; null unless the part is one.';
comment on column model_shares.models is
'Models in the part.';
comment on column model_shares.cost is
'Cost in USD where known; all parts sum to the total cost.';
comment on column model_shares.cost_share is
'Part of the total cost, from 0 to 1; null where nothing was spent.';
comment on column model_shares.tokens is
'Tokens where known; null for what no model got.';
comment on column model_shares.uses is
'Runs that used the model, summed over the models of the part; null for what no model got.';
comment on column model_shares.usage_share is
'Uses by runs, from 0 to 1 for one model; null where there is none.';
comment on column model_shares.cost_unknown_uses is
'Uses that cost leaves out.';
comment on column model_shares.tokens_unknown_uses is
'Uses that tokens leaves out.';

-- Purpose: the cost of each part of model_shares over time.
-- Grain:   period of the series × part of model_shares, with zeros where nothing ran.
-- Units:   USD, tokens, uses (run × model).
-- Source:  model_fact_rows, run_facts, model_shares, clock, bucket_start, period_days.
--
-- The parts of a period sum to its cost in timeseries_daily.

create or replace view model_series as
with moment as materialized (
    select * from clock
),

shares as materialized (
    select * from model_shares
),

dated as materialized (
    select
        run_key,
        cost_usd,
        bucket_start(started_at) as bucket
    from run_facts
    where
        started_at >= (select moment.series_start from moment)
        and started_at < (select moment.series_end from moment)
),

named as (
    select
        place,
        model_name
    from shares
    where kind = 'model'
),

-- Named after they are summed: a few thousand groups instead of each use.
used_by_model as (
    select
        dated.bucket,
        model_fact_rows.model,
        sum(model_fact_rows.cost_usd) as cost,
        sum(model_fact_rows.total_tokens) as tokens,
        count(*) as uses,
        count(*) - count(model_fact_rows.cost_usd) as cost_unknown_uses
    from dated
    inner join model_fact_rows on dated.run_key = model_fact_rows.run_key
    group by dated.bucket, model_fact_rows.model
),

used as materialized (
    select
        used_by_model.bucket,
        named.place,
        coalesce(sum(used_by_model.cost), 0) as cost,
        coalesce(sum(used_by_model.tokens), 0) as tokens,
        sum(used_by_model.uses) as uses,
        sum(used_by_model.cost_unknown_uses) as cost_unknown_uses
    from used_by_model
    left join named on used_by_model.model = named.model_name
    group by used_by_model.bucket, named.place
),

run_totals as (
    select
        bucket,
        coalesce(sum(cost_usd), 0) as cost
    from dated
    group by bucket
),

parts as (
    select
        bucket,
        coalesce(place, 8) as place,
        cost,
        tokens,
        uses,
        cost_unknown_uses
    from used
    union all
    select
        bucket,
        9 as place,
        cost,
        null as tokens,
        null as uses,
        null as cost_unknown_uses
    from run_totals
    union all
    select
        bucket,
        9 as place,
        -cost as cost,
        null as tokens,
        null as uses,
        null as cost_unknown_uses
    from used
),

periods as (
    select
        unnest(
            period_days(grain, week_start, series_first_day, series_last_day)
        ) as date
    from moment
),

localised as (
    select
        parts.*,
        period_start(
            moment.grain,
            moment.week_start,
            (parts.bucket at time zone 'UTC') at time zone moment.timezone
        ) as day
    from parts
    cross join moment
),

by_day as materialized (
    select
        day,
        place,
        sum(cost) as cost,
        sum(tokens) as tokens,
        sum(uses) as uses,
        sum(cost_unknown_uses) as cost_unknown_uses
    from localised
    group by day, place
),

-- What no model got may sum to nothing over all and still be there on a day.
places as (
    select
        place,
        kind,
        model_name
    from shares
    union
    select
        9 as place,
        'unattributed' as kind,
        null as model_name
    from by_day
    where place = 9 and cost != 0
)

select
    periods.date,
    places.place,
    places.kind,
    places.model_name,
    coalesce(by_day.cost, 0)::decimal(38, 12) as cost,
    case when places.kind != 'unattributed' then coalesce(by_day.tokens, 0) end::bigint
        as tokens,
    case when places.kind != 'unattributed' then coalesce(by_day.uses, 0) end::bigint
        as uses,
    case
        when places.kind != 'unattributed'
            then coalesce(by_day.cost_unknown_uses, 0)
    end::bigint as cost_unknown_uses
from periods
cross join places
left join by_day
    on periods.date = by_day.day and places.place = by_day.place
order by periods.date, places.place;

comment on view model_series is
'Cost by model over time. Grain: period of the series × part of model_shares.';
comment on column model_series.date is
'Day in the chosen zone; first day of the week or month at those grains.';
comment on column model_series.place is
'Place of the part in model_shares.';
comment on column model_series.kind is
'''model'', ''rest'' or ''unattributed'', as in model_shares.';
comment on column model_series.model_name is
'Model; null unless the part is one.';
comment on column model_series.cost is
'Cost in USD where known; the parts of a period sum to its cost.';
comment on column model_series.tokens is
'Tokens where known; null for what no model got.';
comment on column model_series.uses is
'Runs that used the model, summed over the models of the part.';
comment on column model_series.cost_unknown_uses is
'Uses that cost leaves out.';

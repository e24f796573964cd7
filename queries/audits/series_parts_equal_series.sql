-- Rule: In each period the parts of tokens and the models' cost sum to the whole.
-- Returns the rows that break it.

with models as (
    select
        date,
        sum(cost) as cost
    from model_series
    group by date
)

select
    timeseries_daily.date,
    timeseries_daily.tokens,
    token_trend.input_tokens,
    token_trend.output_tokens,
    token_trend.unsplit_tokens,
    timeseries_daily.cost,
    models.cost as cost_of_models
from timeseries_daily
full join token_trend on timeseries_daily.date = token_trend.date
left join models on timeseries_daily.date = models.date
where
    timeseries_daily.tokens is distinct from (
        token_trend.input_tokens
        + token_trend.output_tokens
        + token_trend.unsplit_tokens
    )
    or timeseries_daily.runs is distinct from token_trend.runs
    or coalesce(models.cost, 0) != timeseries_daily.cost;

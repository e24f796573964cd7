-- Purpose: which prices hold on which days and for which length of prompt.
-- Grain:   model × period × band of prompt lengths; they never overlap.
-- Units:   USD for one token; tokens; days in UTC.
-- Source:  prices.
--
-- A line of the table ends where a later one of the same model and band begins. A longer
-- band takes over from a shorter one in the periods in which it has a price itself.

create or replace view price_periods as
with lines as (
    select
        lower(model) as model,
        valid_from,
        over_prompt_tokens,
        input_usd,
        output_usd,
        cache_write_5m_usd,
        cache_write_1h_usd,
        cache_read_usd,
        source,
        seen_on
    from prices
),

starts as (
    select distinct
        model,
        valid_from as starts_on
    from lines
),

periods as (
    select
        model,
        starts_on,
        lead(starts_on) over (
            partition by model
            order by starts_on asc nulls first
        ) as ends_on
    from starts
),

in_force as (
    select
        periods.model,
        periods.starts_on,
        periods.ends_on,
        lines.over_prompt_tokens,
        lines.input_usd,
        lines.output_usd,
        lines.cache_write_5m_usd,
        lines.cache_write_1h_usd,
        lines.cache_read_usd,
        lines.source,
        lines.seen_on
    from periods
    inner join lines
        on
            periods.model = lines.model
            and (lines.valid_from is null or periods.starts_on >= lines.valid_from)
    qualify
        row_number() over (
            partition by periods.model, periods.starts_on, lines.over_prompt_tokens
            order by lines.valid_from desc nulls last
        ) = 1
)

select
    model,
    starts_on,
    ends_on,
    over_prompt_tokens,
    lead(over_prompt_tokens) over (
        partition by model, starts_on
        order by over_prompt_tokens
    ) as up_to_prompt_tokens,
    (input_usd * 0.000001)::decimal(18, 12) as input_usd,
    (output_usd * 0.000001)::decimal(18, 12) as output_usd,
    (cache_write_5m_usd * 0.000001)::decimal(18, 12) as cache_write_5m_usd,
    (cache_write_1h_usd * 0.000001)::decimal(18, 12) as cache_write_1h_usd,
    (cache_read_usd * 0.000001)::decimal(18, 12) as cache_read_usd,
    source,
    seen_on
from in_force;

comment on view price_periods is
'Prices of one token by day and length of prompt. Grain: model × period × band. Days in UTC.';
comment on column price_periods.model is
'Model in lower case.';
comment on column price_periods.starts_on is
'First day; null where the price holds since the model exists.';
comment on column price_periods.ends_on is
'First day on which it holds no more; null while it holds.';
comment on column price_periods.over_prompt_tokens is
'Prompts longer than this, cache included; 0 for all.';
comment on column price_periods.up_to_prompt_tokens is
'Prompts up to this; null for any length.';
comment on column price_periods.input_usd is
'USD for a token of input that is neither written to a cache nor read from one.';
comment on column price_periods.output_usd is
'USD for a token of output.';
comment on column price_periods.cache_write_5m_usd is
'USD for a token written to the cache for five minutes; null where unknown.';
comment on column price_periods.cache_write_1h_usd is
'USD for a token written to the cache for an hour; null where unknown.';
comment on column price_periods.cache_read_usd is
'USD for a token read from the cache; null where unknown.';
comment on column price_periods.source is
'Where the price was seen.';
comment on column price_periods.seen_on is
'When it was seen there.';

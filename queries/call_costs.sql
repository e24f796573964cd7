-- Purpose: every call of a model with its cost, and whether that was measured or computed.
-- Grain:   one row per call of llm_calls that counts.
-- Units:   USD, tokens, UTC.
-- Source:  llm_calls, price_periods.
--
-- A cost that the record states is measured. Else it is computed with the price of the day
-- of the call, where every kind of token in it has a known price. A tier of service other
-- than the usual one has prices of its own, which the table does not hold.

create or replace view call_costs as
with known as (
    select distinct model from price_periods
),

used as (
    select distinct model from llm_calls
    where model is not null
),

named as (
    select
        used.model,
        coalesce(exact.model, release.model) as price_model
    from used
    left join known as exact on lower(used.model) = exact.model
    left join known as release on price_name(used.model) = release.model
),

originals as (
    select distinct
        source,
        session_id,
        message_id
    from llm_calls
    where role = 'main' and message_id is not null
),

counted as (
    select
        llm_calls.*,
        input_tokens + coalesce(cache_write_tokens, 0) + coalesce(cache_read_tokens, 0)
            as prompt_tokens,
        least(coalesce(cache_write_1h_tokens, 0), coalesce(cache_write_tokens, 0))
            as hour_tokens
    from llm_calls
    anti join originals
        on
            llm_calls.role = 'subagent'
            and llm_calls.source = originals.source
            and llm_calls.session_id = originals.session_id
            and llm_calls.message_id = originals.message_id
),

priced as (
    select
        counted.*,
        price_periods.model is not null as has_price,
        named.price_model is not null as is_known_model,
        case
            when coalesce(counted.service_tier, 'standard') in ('standard', 'default', 'auto')
                then
                    counted.input_tokens * price_periods.input_usd
                    + counted.output_tokens * price_periods.output_usd
                    + token_cost(
                        coalesce(counted.cache_write_tokens, 0) - counted.hour_tokens,
                        price_periods.cache_write_5m_usd
                    )
                    + token_cost(counted.hour_tokens, price_periods.cache_write_1h_usd)
                    + token_cost(counted.cache_read_tokens, price_periods.cache_read_usd)
        end as computed_usd
    from counted
    left join named on counted.model = named.model
    left join price_periods
        on
            named.price_model = price_periods.model
            and (
                price_periods.starts_on is null
                or counted.called_at >= price_periods.starts_on
            )
            and (
                price_periods.ends_on is null
                or counted.called_at < price_periods.ends_on
            )
            and (
                price_periods.over_prompt_tokens = 0
                or counted.prompt_tokens > price_periods.over_prompt_tokens
            )
            and (
                price_periods.up_to_prompt_tokens is null
                or counted.prompt_tokens <= price_periods.up_to_prompt_tokens
            )
)

select
    call_id,
    source,
    path,
    coalesce(run_id, session_id) as run_id,
    session_id,
    message_id,
    project_dir,
    role,
    model,
    called_at,
    input_tokens,
    output_tokens,
    cache_write_tokens,
    cache_write_1h_tokens,
    cache_read_tokens,
    prompt_tokens,
    prompt_tokens + output_tokens as total_tokens,
    coalesce(cost_usd, try_cast(computed_usd as decimal(18, 12))) as cost_usd,
    case
        when cost_usd is not null then 'measured'
        when try_cast(computed_usd as decimal(18, 12)) is not null then 'computed'
    end as cost_basis,
    case
        when cost_usd is not null or try_cast(computed_usd as decimal(18, 12)) is not null
            then null
        when model is null then 'model not told'
        when input_tokens is null or output_tokens is null then 'tokens not told'
        when not is_known_model then 'no price of this model'
        when not has_price then 'no price of that day'
        when coalesce(service_tier, 'standard') not in ('standard', 'default', 'auto')
            then 'no price of this tier of service'
        else 'no price of cached tokens'
    end as unpriced_because
from priced;

comment on view call_costs is
'Calls with their cost and whether that was measured or computed. Grain: one row per call.';
comment on column call_costs.call_id is
'The call''s own identity.';
comment on column call_costs.source is
'Kind of record.';
comment on column call_costs.path is
'File that it was read from.';
comment on column call_costs.run_id is
'Run, or the session where the record names none.';
comment on column call_costs.session_id is
'Session or conversation.';
comment on column call_costs.message_id is
'Identity of the answer.';
comment on column call_costs.project_dir is
'Folder that was worked in, or the name of the service.';
comment on column call_costs.role is
'main, subagent, or the name of the agent.';
comment on column call_costs.model is
'Model as the record names it.';
comment on column call_costs.called_at is
'When, UTC.';
comment on column call_costs.input_tokens is
'Tokens of input outside the cache; null where unknown.';
comment on column call_costs.output_tokens is
'Tokens of output; null where unknown.';
comment on column call_costs.cache_write_tokens is
'Tokens written to the cache; null where not told.';
comment on column call_costs.cache_write_1h_tokens is
'Those of them that are kept for an hour; null where not told.';
comment on column call_costs.cache_read_tokens is
'Tokens read from the cache; null where not told.';
comment on column call_costs.prompt_tokens is
'All tokens of input, the cache''s included; null where unknown.';
comment on column call_costs.total_tokens is
'Prompt and output together; null where unknown.';
comment on column call_costs.cost_usd is
'Cost in USD, stated or computed; null where unknown.';
comment on column call_costs.cost_basis is
'''measured'' where the record states the cost, ''computed'' where prices do; null where unknown.';
comment on column call_costs.unpriced_because is
'Why the cost is unknown; null where it is known.';

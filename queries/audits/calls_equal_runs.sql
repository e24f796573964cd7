-- Rule: A run that its calls tell of has their number, their tokens and their cost, each call
-- counted once, and the parts of its models come to the same; and every call is in a run.
-- Returns the rows that break it.

with speakers as (
    select
        run_id,
        mode as source,
        calls,
        total_tokens,
        cost_usd
    from runs
    where
        source_path in (
            select sources.path from sources
            where sources.holder is null and sources.kind != 'run'
        )
),

told as (
    select
        call_costs.run_id,
        count(*) as calls,
        sum_or_unknown(call_costs.total_tokens) as total_tokens,
        try_cast(sum_or_unknown(call_costs.cost_usd) as decimal(18, 12)) as cost_usd
    from call_costs
    semi join speakers
        on
            call_costs.run_id = speakers.run_id
            and call_costs.source = speakers.source
    group by call_costs.run_id
),

parts as (
    select
        run_id,
        sum_or_unknown(calls) as calls,
        try_cast(sum_or_unknown(cost_usd) as decimal(18, 12)) as cost_usd
    from model_usage
    group by run_id
)

select
    speakers.run_id,
    speakers.calls,
    told.calls as told_calls,
    speakers.cost_usd,
    told.cost_usd as told_cost_usd
from speakers
left join told on speakers.run_id = told.run_id
left join parts on speakers.run_id = parts.run_id
where
    speakers.calls is distinct from told.calls
    -- beyond any sense a sum is unknown in a run
    or speakers.total_tokens is distinct from
    case when told.total_tokens <= 1000000000000 then told.total_tokens end
    or speakers.cost_usd is distinct from told.cost_usd
    or speakers.calls is distinct from parts.calls
    or speakers.cost_usd is distinct from parts.cost_usd
union all
select
    call_costs.run_id,
    null as calls,
    count(*) as told_calls,
    null as cost_usd,
    null as told_cost_usd
from call_costs
anti join runs on call_costs.run_id = runs.run_id
where call_costs.run_id is not null
group by call_costs.run_id;

-- Purpose: calls whose cost is unknown, and what would have to be known.
-- Grain:   model × reason, most calls first.
-- Units:   calls, tokens, UTC.
-- Source:  call_costs.

create or replace view unpriced_calls as
select
    model,
    unpriced_because as reason,
    count(*) as calls,
    count(distinct run_id) as runs,
    sum(total_tokens)::bigint as tokens,
    min(called_at) as first_called_at,
    max(called_at) as last_called_at
from call_costs
where unpriced_because is not null
group by model, unpriced_because
order by calls desc, model asc, reason asc;

comment on view unpriced_calls is
'Calls of other tools whose cost is unknown. Grain: model × reason, most calls first.';
comment on column unpriced_calls.model is
'Model as the records name it; null where they do not.';
comment on column unpriced_calls.reason is
'What is not known: a price of the model, of the day, of the tier, of cached tokens, or the tokens.';
comment on column unpriced_calls.calls is
'Calls.';
comment on column unpriced_calls.runs is
'Runs that they belong to.';
comment on column unpriced_calls.tokens is
'Tokens of those of which they are known; null where of none.';
comment on column unpriced_calls.first_called_at is
'First of them, UTC.';
comment on column unpriced_calls.last_called_at is
'Last of them, UTC.';

-- Purpose: what tokens of one kind cost.
-- Grain:   scalar macro: one amount for one count and one price.
-- Units:   USD; price of one token.
-- Source:  its arguments.
--
-- None cost nothing, also where their price is unknown; some of unknown price are unknown.

create or replace macro token_cost(tokens, price) as
case when coalesce(tokens, 0) = 0 then 0 else tokens * price end;

comment on macro token_cost is  -- noqa: PRS
'Cost in USD of tokens of one kind; null where there are some and their price is unknown.';

-- staged_prices -> prices. Leaves `touched_runs`: those with a call whose cost is computed.
delete from prices;

insert into prices
from staged_prices;

create or replace temp table touched_runs as
select distinct coalesce(run_id, session_id) as run_id
from llm_calls
where cost_usd is null;

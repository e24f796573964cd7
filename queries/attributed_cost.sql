-- Purpose: what the models of the runs cost together, which may differ from what the runs cost.
-- Grain:   exactly one row.
-- Units:   USD.
-- Source:  model_fact_rows.

create or replace view attributed_cost as
select coalesce(sum(cost_usd), 0)::decimal(38, 12) as cost
from model_fact_rows;

comment on view attributed_cost is
'What models cost together. Grain: one row.';
comment on column attributed_cost.cost is
'Cost in USD of all models where known.';

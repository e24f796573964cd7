-- Purpose: attributed_cost of what the session was told of models, so that no run is read again.
-- Grain:   exactly one row, with null where nothing was told.
-- Units:   USD.
-- Source:  told_model_sums.

create or replace view told_attributed_cost as
select
    case
        when getvariable('told_models') is not null
            then coalesce(sum(total_cost), 0)
    end::decimal(38, 12) as cost
from told_model_sums;

comment on view told_attributed_cost is
'What models cost together, as the session was told. Grain: one row.';
comment on column told_attributed_cost.cost is
'Cost in USD of all models where known; null where nothing was told.';

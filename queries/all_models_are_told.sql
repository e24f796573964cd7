-- Purpose: tells whether what the session was told of models is that of all runs.
-- Grain:   scalar macro without parameters: true or false.
-- Units:   none.
-- Source:  session variables, see told_model_sums and passes_filter.

create or replace macro all_models_are_told() as
getvariable('told_models') is not null and nothing_is_filtered();

comment on macro all_models_are_told is  -- noqa: PRS
'Whether the session was told the cost of all models, under no filter.';

-- Purpose: whether the filters ask for just one model, so that a run has one part at most.
-- Grain:   scalar macro: true or false, the same for every row.
-- Units:   none.
-- Source:  session variables `models` and `roles`.

create or replace macro one_model_is_asked() as
coalesce(
    getvariable('roles') is null
    and len(getvariable('models')::varchar[]) = 1,
    false
);

comment on macro one_model_is_asked is  -- noqa: PRS
'Whether the filters ask for exactly one model and for no role.';

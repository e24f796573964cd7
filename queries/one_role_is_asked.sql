-- Purpose: whether the filters ask for just one role and no model: a run has one row of each model.
-- Grain:   scalar macro: true or false, the same for every row.
-- Units:   none.
-- Source:  session variables `models` and `roles`.

create or replace macro one_role_is_asked() as
coalesce(
    getvariable('models') is null
    and len(getvariable('roles')::varchar[]) = 1,
    false
);

comment on macro one_role_is_asked is  -- noqa: PRS
'Whether the filters ask for just one role, and no model.';

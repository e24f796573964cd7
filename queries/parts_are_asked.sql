-- Purpose: whether a filter asks for a part of each run, that of models or roles.
-- Grain:   scalar macro without parameters: true or false.
-- Units:   none.
-- Source:  session variables `models` and `roles`.

create or replace macro parts_are_asked() as
getvariable('models') is not null or getvariable('roles') is not null;

comment on macro parts_are_asked is  -- noqa: PRS
'Whether a filter of models or roles is set.';

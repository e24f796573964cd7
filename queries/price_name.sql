-- Purpose: the name under which the price table may know a model.
-- Grain:   scalar macro: one name for one name.
-- Units:   none.
-- Source:  its argument.
--
-- A release of a model costs what the model costs, unless the table has the release itself.

create or replace macro price_name(model) as
regexp_replace(
    lower(model),
    '(\[1m\]|-latest|[-@]\d{8}|-\d{4}-\d{2}-\d{2})+$',
    ''
);

comment on macro price_name is  -- noqa: PRS
'Name of a model in lower case, without the date of a release, "-latest" and "[1m]".';

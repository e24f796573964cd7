-- Purpose: a sum that is unknown as soon as one of its parts is.
-- Grain:   scalar macro over an aggregate: one value for each group.
-- Units:   those of the parts.
-- Source:  its argument.

create or replace macro sum_or_unknown(part) as
case when count(*) = count(part) then sum(part) end;

comment on macro sum_or_unknown is  -- noqa: PRS
'Sum of the parts of a group; null where any of them is.';

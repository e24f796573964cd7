-- Purpose: a sum over those rows of a group that meet a condition, 0 where none does.
-- Grain:   scalar macro over an aggregate: one whole number for each group.
-- Units:   those of the parts.
-- Source:  its arguments.
--
-- Views that count runs by status group them by status first and then sum those counts: one more
-- column to group by costs half of what five counts with a condition do at a million runs.

create or replace macro sum_where(part, condition) as
coalesce(sum(part) filter (where condition), 0)::bigint;

comment on macro sum_where is  -- noqa: PRS
'Sum of the parts of a group where the condition holds; 0 where it does nowhere.';

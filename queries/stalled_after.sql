-- Purpose: after how long without an event a run that has not ended counts as stalled.
-- Grain:   scalar macro: one number.
-- Units:   seconds.
-- Source:  none.
--
-- A model call of a large prompt takes minutes; ten of them without a line are no call.

create or replace macro stalled_after() as 600;

comment on macro stalled_after is  -- noqa: PRS
'Seconds without an event after which a run that has not ended counts as stalled.';

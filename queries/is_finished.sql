-- Purpose: whether a run came to its end, by its outcome.
-- Grain:   scalar macro: true, false, or null where the outcome is unknown.
-- Units:   none.
-- Source:  its argument.
--
-- What stopped a run from outside (timeout, cost cap, rounds used up, an exception, a
-- person) is named in many ways; what ends one is named in these.

create or replace macro is_finished(final_status) as
lower(final_status) in (
    'completed', 'success', 'succeeded', 'approved', 'done', 'finished'
);

comment on macro is_finished is  -- noqa: PRS
'Whether a final_status says that the run came to its end; null where it is unknown.';

-- Purpose: what became of a run's money, in one word.
-- Grain:   scalar macro: one class for one run.
-- Units:   none.
-- Source:  its arguments.
--
-- The classes exclude each other, so their costs sum to the whole: 'not_finished'
-- (whatever QA said), 'failed', 'error' (QA itself failed), 'warning', 'passed',
-- 'not_run' (no QA) and 'other' (a QA status of another name).

create or replace macro quality_class(final_status, qa_status) as
case
    when not coalesce(is_finished(final_status), true) then 'not_finished'
    when qa_status is null then 'not_run'
    when qa_status in ('failed', 'error', 'warning', 'passed') then qa_status
    else 'other'
end;

comment on macro quality_class is  -- noqa: PRS
'Class of a run by outcome and QA: not_finished, failed, error, warning, passed, not_run or other.';

-- Purpose: the end of each job's log, with how many errors are in the whole of it.
-- Grain:   table macro: one row per line, at most `last` for a job, in their order.
-- Units:   lines.
-- Source:  job_logs, job_log_lines.
--
--     from job_log_tail(['e0498a0a8c96'], 20);

create or replace macro job_log_tail(wanted_jobs, last) as table
    select
        job_logs.job_id,
        job_logs.lines,
        job_logs.error_lines,
        job_logs.warning_lines,
        job_log_lines.level,
        job_log_lines.text
    from job_logs
    inner join job_log_lines on job_logs.path = job_log_lines.path
    where list_contains(wanted_jobs, job_logs.job_id)
    qualify
        row_number() over (
            partition by job_logs.job_id
            order by job_log_lines.file_offset desc
        ) <= last
    order by job_logs.job_id asc, job_log_lines.file_offset asc;

comment on macro table job_log_tail is  -- noqa: PRS
'The end of each job''s log, with how many errors are in the whole of it. Grain: one row per line.';

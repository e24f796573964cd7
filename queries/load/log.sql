-- staged_log -> job_logs and job_log_lines. A log that is read anew is another log: counts
-- and lines are those of the file as it is.
create or replace temp table counted_log as
select
    path,
    any_value(job_id) as job_id,
    max(generation) as generation,
    count(*) as lines,
    count(*) filter (where level = 'error') as error_lines,
    count(*) filter (where level = 'warning') as warning_lines
from staged_log
group by path;

create or replace temp table log_before as
select job_logs.*
from job_logs
semi join counted_log
    on
        job_logs.path = counted_log.path
        and job_logs.generation = counted_log.generation;

delete from job_logs
where path in (select counted_log.path from counted_log);

insert into job_logs
select
    counted_log.job_id,
    counted_log.path,
    counted_log.generation,
    counted_log.lines + coalesce(log_before.lines, 0) as lines,
    counted_log.error_lines + coalesce(log_before.error_lines, 0) as error_lines,
    counted_log.warning_lines + coalesce(log_before.warning_lines, 0) as warning_lines
from counted_log
left join log_before on counted_log.path = log_before.path;

create or replace temp table last_lines as
select
    job_id,
    path,
    file_offset,
    level,
    text
from job_log_lines
where path in (select log_before.path from log_before)
union all
select
    job_id,
    path,
    file_offset,
    level,
    text
from staged_log;

delete from job_log_lines
where path in (select counted_log.path from counted_log);

insert into job_log_lines
select * from last_lines
qualify row_number() over (partition by path order by file_offset desc) <= 200;

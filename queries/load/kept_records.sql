-- Staged records of runs -> kept_records, before those that do not speak leave `staged`.
delete from kept_records
where
    path in (
        select staged.path from staged
        where staged.record is not null
    );

insert into kept_records
select
    staged.path,
    staged.run_id,
    coalesce(nullif(staged.run.project_name, ''), 'unknown') as project_name,
    staged.run.document.mode,
    staged.run.document.started_at,
    staged.record
from staged
where staged.record is not null;

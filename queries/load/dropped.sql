-- Records of runs that files which are read whole do not hold any more: they go, and their
-- runs join `affected`. Runs after sources.sql.
create or replace temp table dropped as
select
    sources.other_path as path,
    sources.run_id
from sources
semi join
    (
        select staged_files.path from staged_files
        where staged_files.is_replaced
    ) as replaced_files
    on sources.holder = replaced_files.path
anti join staged on sources.other_path = staged.path;

delete from sources
where other_path in (select dropped.path from dropped);

delete from kept_records
where path in (select dropped.path from dropped);

insert into affected
select dropped.run_id from dropped
where dropped.run_id not in (select affected.run_id from affected);

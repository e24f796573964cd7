-- Lines of jobs' logs of a batch, one JSON line each -> temporary table `staged_log`; of a
-- log that was read anew within the batch only what was read last.
-- Session variables: staged_file (path), staged_line (bytes of the longest line).
create or replace temp table staged_log as
select
    path,
    generation,
    "offset" as file_offset,
    record.job_id as job_id,
    record.level as level,
    record.text as text
from
    read_json(
        getvariable('staged_file'),
        format = 'newline_delimited',
        maximum_object_size = getvariable('staged_line'),
        columns = {
            path: 'VARCHAR',
            generation: 'INTEGER',
            "offset": 'BIGINT',
            record: 'STRUCT(job_id VARCHAR, "text" VARCHAR, level VARCHAR)'
        }
    )
qualify generation = max(generation) over (partition by path);

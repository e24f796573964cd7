-- Sessions of a batch, one JSON line a session -> temporary table `staged_sessions`; of two
-- of one id that of the newest file, and in one file the last. Runs after stage_files.sql.
-- Session variables: staged_file, staged_line.
create or replace temp table staged_sessions as
select
    told.path,
    staged_files.mtime_ns,
    told.record
from
    read_json(
        getvariable('staged_file'),
        format = 'newline_delimited',
        maximum_object_size = getvariable('staged_line'),
        columns = {
            path: 'VARCHAR',
            generation: 'INTEGER',
            "offset": 'BIGINT',
            record: 'STRUCT(
            session_id VARCHAR, project_name VARCHAR, project_dir VARCHAR, task VARCHAR,
            status VARCHAR, decision VARCHAR, cost_usd DECIMAL(18, 12),
            started_at TIMESTAMP, finished_at TIMESTAMP,
            runs STRUCT(
                position INTEGER, run_id VARCHAR, status VARCHAR, score DOUBLE,
                evaluation VARCHAR, decision VARCHAR, cost_usd DECIMAL(18, 12),
                started_at TIMESTAMP, finished_at TIMESTAMP
            )[]
        )'
        }
    ) as told
inner join staged_files on told.path = staged_files.path
qualify
    row_number() over (
        partition by told.record.session_id
        order by staged_files.mtime_ns desc, told.path, told.generation desc, told."offset" desc
    ) = 1;

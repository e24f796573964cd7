-- Sessions of a batch, one JSON line a session -> temporary table `staged_sessions`; of two
-- of one id the last holds. Session variables: staged_file, staged_line.
create or replace temp table staged_sessions as
select
    path,
    record
from
    read_json(
        getvariable('staged_file'),
        format = 'newline_delimited',
        maximum_object_size = getvariable('staged_line'),
        columns = {
            path: 'VARCHAR',
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
    )
qualify row_number() over (partition by record.session_id order by path desc) = 1;

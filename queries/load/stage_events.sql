-- Events of a batch, one JSON line an event -> temporary table `staged_events`.
-- Session variables: staged_file (path), staged_line (bytes of the longest line).
create or replace temp table staged_events as
select
    path,
    generation,
    "offset" as file_offset,
    digest,
    record.run_id as run_id,
    record.event_type as event_type,
    record.at as occurred_at,
    nullif(record.role, '') as role,
    nullif(record.model, '') as model,
    nullif(record.status, '') as status,
    record.iteration as iteration,
    record.max_rounds as max_rounds,
    record.input_tokens as input_tokens,
    record.output_tokens as output_tokens,
    record.cost_usd as cost_usd,
    nullif(record.project_name, '') as project_name,
    nullif(record.project_dir, '') as project_dir,
    nullif(record.mode, '') as mode,
    nullif(record.task, '') as task,
    record.payload as payload
from read_json(
    getvariable('staged_file'),
    format = 'newline_delimited',
    maximum_object_size = getvariable('staged_line'),
    columns = {
        path: 'VARCHAR',
        generation: 'INTEGER',
        "offset": 'BIGINT',
        digest: 'VARCHAR',
        record: 'STRUCT(
            run_id VARCHAR, event_type VARCHAR, "at" TIMESTAMP, payload VARCHAR,
            project_dir VARCHAR, project_name VARCHAR, mode VARCHAR, task VARCHAR,
            role VARCHAR, model VARCHAR, status VARCHAR,
            iteration BIGINT, max_rounds BIGINT,
            input_tokens BIGINT, output_tokens BIGINT, cost_usd DECIMAL(18, 12)
        )'
    }
);

-- Calls of a batch, one JSON line a call -> temporary table `staged_calls`, of the form of
-- llm_calls. Session variables: staged_file (path), staged_line (bytes of the longest line).
create or replace temp table staged_calls as
select
    record.call_id as call_id,
    source,
    path,
    "offset" as file_offset,
    nullif(record.run_id, '') as run_id,
    nullif(record.session_id, '') as session_id,
    nullif(record.message_id, '') as message_id,
    nullif(record.project_dir, '') as project_dir,
    nullif(record.role, '') as role,
    nullif(record.model, '') as model,
    record.at as called_at,
    record.input_tokens as input_tokens,
    record.output_tokens as output_tokens,
    record.cache_write_tokens as cache_write_tokens,
    record.cache_write_1h_tokens as cache_write_1h_tokens,
    record.cache_read_tokens as cache_read_tokens,
    record.cost_usd as cost_usd,
    nullif(record.service_tier, '') as service_tier
from read_json(
    getvariable('staged_file'),
    format = 'newline_delimited',
    maximum_object_size = getvariable('staged_line'),
    columns = {
        source: 'VARCHAR',
        path: 'VARCHAR',
        "offset": 'BIGINT',
        record: 'STRUCT(
            call_id VARCHAR, session_id VARCHAR, message_id VARCHAR, run_id VARCHAR,
            project_dir VARCHAR, role VARCHAR, model VARCHAR, "at" TIMESTAMP,
            input_tokens BIGINT, output_tokens BIGINT, cache_write_tokens BIGINT,
            cache_write_1h_tokens BIGINT, cache_read_tokens BIGINT,
            cost_usd DECIMAL(18, 12), service_tier VARCHAR
        )'
    }
);

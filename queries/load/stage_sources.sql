-- Records of a batch, one JSON line a file -> temporary table `staged`.
-- Session variables: staged_file (path), staged_line (bytes of the longest line).
create or replace temp table staged as
select *
from read_json(
    getvariable('staged_file'),
    format = 'newline_delimited',
    maximum_object_size = getvariable('staged_line'),
    columns = {
        path: 'VARCHAR',
        kind: 'VARCHAR',
        state: 'VARCHAR',
        run_id: 'VARCHAR',
        size: 'BIGINT',
        mtime_ns: 'BIGINT',
        ctime_ns: 'BIGINT',
        inode: 'HUGEINT',
        content_hash: 'VARCHAR',
        read_again: 'BOOLEAN',
        issues: 'STRUCT(
            severity VARCHAR, place VARCHAR, reason VARCHAR, found VARCHAR,
            line BIGINT, column_number BIGINT
        )[]',
        run: 'STRUCT(
            run_id VARCHAR, project_name VARCHAR, project_dir VARCHAR,
            mode VARCHAR, task VARCHAR,
            started_at TIMESTAMP, finished_at TIMESTAMP,
            max_rounds BIGINT, rounds_completed BIGINT,
            final_status VARCHAR, safety_status VARCHAR,
            qa_status VARCHAR, qa_summary VARCHAR,
            cost_usd DECIMAL(18, 12), estimated_cost_usd DECIMAL(18, 12),
            max_cost_usd DECIMAL(18, 12),
            calls BIGINT, input_tokens BIGINT, output_tokens BIGINT,
            tokens_redacted BOOLEAN,
            roles STRUCT(
                calls BIGINT, input_tokens BIGINT, output_tokens BIGINT,
                total_tokens BIGINT, cost_usd DECIMAL(18, 12),
                role VARCHAR, model VARCHAR
            )[],
            models STRUCT(
                calls BIGINT, input_tokens BIGINT, output_tokens BIGINT,
                total_tokens BIGINT, cost_usd DECIMAL(18, 12),
                model VARCHAR
            )[],
            iterations STRUCT(
                position INTEGER, iteration_index BIGINT, role VARCHAR,
                status VARCHAR, notes VARCHAR, safety_status VARCHAR,
                occurred_at TIMESTAMP
            )[],
            qa_issues STRUCT(
                position INTEGER, category VARCHAR, severity VARCHAR,
                message VARCHAR, file VARCHAR, line BIGINT
            )[]
        )'
    }
);

-- Records of a batch, one JSON line a file -> temporary table `staged`. A run document
-- stands in it under the names of the file; the other files here choose among them.
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
        standing: 'INTEGER',
        holder: 'VARCHAR',
        record: 'VARCHAR',
        issues: 'STRUCT(
            severity VARCHAR, place VARCHAR, reason VARCHAR, found VARCHAR,
            line BIGINT, column_number BIGINT
        )[]',
        run: 'STRUCT(
            run_id VARCHAR, project_name VARCHAR, tokens_redacted BOOLEAN,
            document STRUCT(
                project_dir VARCHAR, mode VARCHAR, task VARCHAR,
                started_at TIMESTAMP, finished_at TIMESTAMP,
                max_rounds BIGINT, rounds_completed BIGINT,
                final_status VARCHAR, safety_status VARCHAR,
                qa_status VARCHAR, qa_summary VARCHAR,
                estimated_cost_usd DECIMAL(18, 12),
                cost_summary STRUCT(
                    num_calls BIGINT,
                    prompt_tokens BIGINT, input_tokens BIGINT, total_input_tokens BIGINT,
                    completion_tokens BIGINT, output_tokens BIGINT, total_output_tokens BIGINT,
                    total_cost_usd DECIMAL(18, 12), total_usd DECIMAL(18, 12)
                ),
                config STRUCT(max_cost_usd DECIMAL(18, 12)),
                iterations STRUCT(
                    "index" BIGINT, role VARCHAR, status VARCHAR, notes VARCHAR,
                    safety_status VARCHAR, "timestamp" TIMESTAMP
                )[],
                qa_report STRUCT(
                    issues STRUCT(
                        category VARCHAR, severity VARCHAR, message VARCHAR,
                        file VARCHAR, line BIGINT
                    )[]
                )
            ),
            roles STRUCT(
                role VARCHAR, model VARCHAR, num_calls BIGINT, calls BIGINT,
                prompt_tokens BIGINT, input_tokens BIGINT, total_input_tokens BIGINT,
                completion_tokens BIGINT, output_tokens BIGINT, total_output_tokens BIGINT,
                total_tokens BIGINT,
                total_cost_usd DECIMAL(18, 12), total_usd DECIMAL(18, 12)
            )[],
            models STRUCT(
                model VARCHAR, num_calls BIGINT, calls BIGINT,
                prompt_tokens BIGINT, input_tokens BIGINT, total_input_tokens BIGINT,
                completion_tokens BIGINT, output_tokens BIGINT, total_output_tokens BIGINT,
                total_tokens BIGINT,
                total_cost_usd DECIMAL(18, 12), total_usd DECIMAL(18, 12)
            )[]
        )'
    }
);

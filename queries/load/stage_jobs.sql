-- Records of jobs_state.json, one JSON line a job -> temporary `staged_jobs`.
-- Session variables: staged_file (path), staged_line (bytes of the longest line).
create or replace temp table staged_jobs as
select *
from read_json(
    getvariable('staged_file'),
    format = 'newline_delimited',
    maximum_object_size = getvariable('staged_line'),
    columns = {
        job_id: 'VARCHAR',
        status: 'VARCHAR',
        run_id: 'VARCHAR',
        project_name: 'VARCHAR',
        mode: 'VARCHAR',
        task: 'VARCHAR',
        created_at: 'TIMESTAMP',
        updated_at: 'TIMESTAMP',
        started_at: 'TIMESTAMP',
        finished_at: 'TIMESTAMP',
        error: 'VARCHAR',
        logs_path: 'VARCHAR'
    }
);

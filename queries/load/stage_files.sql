-- Files of sources as a batch has read them, one JSON line a file -> temporary table
-- `staged_files`. Session variables: staged_file (path), staged_line (bytes of the longest
-- line).
create or replace temp table staged_files as
select *
from read_json(
    getvariable('staged_file'),
    format = 'newline_delimited',
    maximum_object_size = getvariable('staged_line'),
    columns = {
        path: 'VARCHAR',
        kind: 'VARCHAR',
        state: 'VARCHAR',
        size: 'BIGINT',
        mtime_ns: 'BIGINT',
        ctime_ns: 'BIGINT',
        inode: 'HUGEINT',
        content_hash: 'VARCHAR',
        read_again: 'BOOLEAN',
        is_replaced: 'BOOLEAN',
        generation: 'INTEGER',
        read_to: 'BIGINT',
        in_long_line: 'BOOLEAN',
        head_hash: 'VARCHAR',
        last_hash: 'VARCHAR',
        lines: 'BIGINT',
        bad_lines: 'BIGINT',
        issues: 'STRUCT(
            severity VARCHAR, place VARCHAR, reason VARCHAR, found VARCHAR,
            line BIGINT, column_number BIGINT
        )[]'
    }
);

-- Purpose: what has been found of each kind of record, how much and how fresh.
-- Grain:   one row per source of which anything has been found.
-- Units:   files, bytes, lines; times of the chosen zone.
-- Source:  sources, appended_files, ingest_issues, llm_calls.

create or replace view source_overview as
with named as (
    select
        *,
        case kind
            when 'run' then 'run_summary'
            when 'jobs' then 'jobs_state'
            else kind
        end as source
    from sources
    where kind != 'config'
),

files as (
    select
        named.source,
        count(*) as files,
        count(*) filter (where named.missing_since is not null) as missing_files,
        count(*) filter (where named.state = 'invalid') as invalid_files,
        sum(named.size)::bigint as bytes,
        sum(named.size - appended_files.read_to)
        filter (where named.missing_since is null and named.size >= appended_files.read_to)
        ::bigint as waiting_bytes,
        sum(appended_files.lines)::bigint as lines,
        sum(appended_files.bad_lines)::bigint as bad_lines,
        count(named.run_id) as runs,
        max(named.mtime_ns) as newest_ns
    from named
    left join appended_files on named.path = appended_files.path
    where named.holder is null
    group by named.source
),

held_runs as (
    select
        holders.source,
        count(*) as runs
    from named as records
    inner join named as holders on records.holder = holders.path
    group by holders.source
),

calls as (
    select
        source,
        count(*) as calls
    from llm_calls
    group by source
),

issues as (
    select
        named.source,
        count(*) as issues
    from ingest_issues
    inner join named on ingest_issues.path = named.path
    group by named.source
)

select
    files.source,
    files.files,
    files.missing_files,
    files.invalid_files,
    files.bytes,
    files.waiting_bytes,
    files.lines,
    files.bad_lines,
    files.runs + coalesce(held_runs.runs, 0) as runs,
    coalesce(calls.calls, 0) as calls,
    coalesce(issues.issues, 0) as issues,
    in_zone(make_timestamp(files.newest_ns // 1000)) as newest
from files
left join held_runs on files.source = held_runs.source
left join calls on files.source = calls.source
left join issues on files.source = issues.source
order by files.source;

comment on view source_overview is
'What has been found of each kind of record. Grain: one row per source of which anything has been found.';
comment on column source_overview.source is
'Name of the source, as in the setting sources.';
comment on column source_overview.files is
'Files, also those that are gone.';
comment on column source_overview.missing_files is
'Those of them that are gone.';
comment on column source_overview.invalid_files is
'Files that could not be taken when they were last read.';
comment on column source_overview.bytes is
'Their bytes when they were last read.';
comment on column source_overview.waiting_bytes is
'Bytes behind the last whole line; null where files are read whole.';
comment on column source_overview.lines is
'Lines read; null where files are read whole.';
comment on column source_overview.bad_lines is
'Lines that could not be used; null where files are read whole.';
comment on column source_overview.runs is
'Runs that the files tell of, also those of which another file speaks.';
comment on column source_overview.calls is
'Calls of models that are counted by them.';
comment on column source_overview.issues is
'What could not be used, by place; at most 100 for a file.';
comment on column source_overview.newest is
'When the newest of them was changed, in the chosen zone.';

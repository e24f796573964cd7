-- staged_files -> sources, appended_files and ingest_issues. What an appended file told of
-- before stays, also its issues; of a file that is read whole only what it says now, and of
-- one that cannot be read its last good rows.
-- Leaves `recounted_runs`: runs of calls of files that were gone and are there again.
create or replace temp table recounted_runs as
select distinct coalesce(run_id, session_id) as run_id
from llm_calls
where
    path in (
        select sources.other_path from sources
        semi join staged_files on sources.other_path = staged_files.path
        where sources.missing_since is not null
    );

delete from sources
where other_path in (select staged_files.path from staged_files);

insert into sources by name
select
    path as other_path,
    kind,
    state,
    null as run_id,
    size,
    mtime_ns,
    ctime_ns,
    inode,
    content_hash,
    read_again,
    0 as absent_passes,
    null as missing_since,
    0 as standing,
    null as holder
from staged_files;

create or replace temp table appended_before as
select appended_files.*
from appended_files
semi join staged_files on appended_files.path = staged_files.path;

delete from appended_files
where path in (select appended_before.path from appended_before);

insert into appended_files
select
    staged_files.path,
    staged_files.generation,
    staged_files.read_to,
    staged_files.in_long_line,
    staged_files.head_hash,
    staged_files.last_hash,
    coalesce(appended_before.lines, 0) + staged_files.lines as lines,
    coalesce(appended_before.bad_lines, 0) + staged_files.bad_lines as bad_lines
from staged_files
left join appended_before on staged_files.path = appended_before.path
where staged_files.read_to is not null;

delete from ingest_issues
where
    path in (
        select staged_files.path from staged_files
        where staged_files.read_to is null
    )
    -- without a place: of the whole file, as it could be read then
    or (place = '' and path in (select staged_files.path from staged_files));

insert into ingest_issues
with reported as (
    select
        staged_files.path,
        unnest(staged_files.issues) as issue
    from staged_files
),

told_once as (
    select distinct
        path,
        issue.severity as severity,
        issue.place as place,
        issue.line as line,
        issue.column_number as column_number,
        issue.reason as reason,
        issue.found as found
    from reported
),

there as (
    select
        path,
        count(*) as issues
    from ingest_issues
    group by path
)

select
    told_once.*,
    getvariable('pass_time') as first_seen,
    getvariable('pass_time') as last_seen
from told_once
left join there on told_once.path = there.path
left join ingest_issues as before
    on
        told_once.path = before.path
        and told_once.place = before.place
        and told_once.reason = before.reason
where before.path is null
-- A file of nothing but faults would fill the table; bad_lines counts them all.
qualify
    coalesce(there.issues, 0)
    + row_number() over (partition by told_once.path order by told_once.place) <= 100;

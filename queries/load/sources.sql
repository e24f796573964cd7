-- staged -> sources and ingest_issues. An unreadable file keeps the run it last
-- described; an issue that was there before keeps its first_seen.
-- A folder has one run file: one that replaces another, as when it is compressed,
-- takes its place.
-- Leaves `affected`: the runs whose owning file may have changed.
create or replace temp table replaced as
select regexp_replace(staged.path, '\.json(\.gz|\.zst)?$', names.ending) as path
from staged
cross join (values ('.json'), ('.json.gz'), ('.json.zst')) as names (ending)
where
    staged.kind = 'run'
    and not ends_with(staged.path, names.ending);

create or replace temp table affected as
select staged.run_id
from staged
where staged.run_id is not null
union
select sources.run_id
from sources
semi join staged on sources.path = staged.path
where sources.run_id is not null
union
select sources.run_id
from sources
semi join replaced on sources.path = replaced.path
where sources.run_id is not null;

create or replace temp table new_sources as
select
    staged.path,
    staged.kind,
    staged.state,
    coalesce(staged.run_id, sources.run_id) as run_id,
    staged.size,
    staged.mtime_ns,
    staged.ctime_ns,
    staged.inode,
    staged.content_hash,
    staged.read_again,
    0 as absent_passes,
    null::timestamp as missing_since
from staged
left join sources on staged.path = sources.path;

delete from sources
where
    path in (
        select staged.path from staged
        union all
        select replaced.path from replaced
    );

insert into sources
select * from new_sources;

create or replace temp table new_issues as
with reported as (
    select
        staged.path,
        unnest(staged.issues) as issue
    from staged
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
)

select
    told_once.*,
    coalesce(before.first_seen, getvariable('pass_time')) as first_seen,
    getvariable('pass_time') as last_seen
from told_once
left join
    (
        select
            path,
            severity,
            place,
            min(first_seen) as first_seen
        from ingest_issues
        group by path, severity, place
    ) as before
    on
        told_once.path = before.path
        and told_once.severity = before.severity
        and told_once.place = before.place;

delete from ingest_issues
where
    path in (
        select staged.path from staged
        union all
        select replaced.path from replaced
    );

insert into ingest_issues
select * from new_issues;

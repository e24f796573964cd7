-- staged -> sources and ingest_issues. An unreadable file keeps the run it last
-- described; an issue that was there before keeps its first_seen. Runs after before.sql.
-- Leaves `affected`: the runs whose owning file may have changed.
create or replace temp table affected as
select staged.run_id
from staged
where staged.run_id is not null
union
select before.run_id
from before
where before.run_id is not null;

delete from sources
where
    rowid between getvariable('before_places')[1] and getvariable('before_places')[2]
    and rowid in (select before.place from before);

insert into sources by name
select
    other_path(staged.path, coalesce(staged.run_id, before.run_id)) as other_path,
    staged.kind,
    staged.state,
    coalesce(staged.run_id, before.run_id) as run_id,
    staged.size,
    staged.mtime_ns,
    staged.ctime_ns,
    staged.inode,
    staged.content_hash,
    staged.read_again,
    0 as absent_passes,
    null as missing_since,
    coalesce(staged.standing, 0) as standing,
    staged.holder
from staged
left join before on staged.path = before.path;

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

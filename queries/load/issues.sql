-- staged -> ingest_issues. An issue that was there before keeps its first_seen. Runs after before.sql.
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

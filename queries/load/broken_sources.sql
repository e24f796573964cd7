-- Sources that cannot be used (`staged_broken`) -> ingest_issues.
insert into ingest_issues
select
    staged_broken.path,
    'error' as severity,
    '' as place,
    null as line,
    null as column_number,
    staged_broken.reason,
    null as found,
    getvariable('pass_time') as first_seen,
    getvariable('pass_time') as last_seen
from staged_broken;

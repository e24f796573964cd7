-- Staged runs -> qa_issues.
insert into qa_issues
with entries as (
    select
        run.run_id as run_id,
        unnest(run.qa_issues) as issue
    from staged_runs
)

select
    run_id,
    issue.position,
    issue.category,
    issue.severity,
    issue.message,
    issue.file,
    issue.line
from entries;

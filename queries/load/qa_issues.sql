-- Staged runs -> qa_issues. Entries that are no objects keep their place in the count.
insert into qa_issues
with entries as (
    select
        run.run_id as run_id,
        unnest(run.document.qa_report.issues) as issue,
        generate_subscripts(run.document.qa_report.issues, 1) as position
    from staged_runs
)

select
    run_id,
    position,
    nullif(issue.category, ''),
    nullif(issue.severity, ''),
    nullif(issue.message, ''),
    nullif(issue.file, ''),
    issue.line
from entries
where issue is not null;

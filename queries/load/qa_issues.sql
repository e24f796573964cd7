-- Staged runs -> qa_issue_rows. Entries that are no objects keep their place in the count.
insert into qa_issue_rows
with entries as (
    select
        new_keys.run_key,
        unnest(staged_runs.run.document.qa_report.issues) as issue,
        generate_subscripts(staged_runs.run.document.qa_report.issues, 1) as position
    from staged_runs
    inner join new_keys on staged_runs.run.run_id = new_keys.run_id
)

select
    run_key,
    position,
    nullif(issue.category, ''),
    nullif(issue.severity, ''),
    nullif(issue.message, ''),
    nullif(issue.file, ''),
    issue.line
from entries
where issue is not null;

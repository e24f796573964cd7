-- Purpose: what QA found in each run.
-- Grain:   run × position.
-- Units:   none.
-- Source:  qa_issue_rows, runs.
--
-- For people, and whole whatever is filtered.

create or replace view qa_issues as
select
    runs.run_id,
    qa_issue_rows.position,
    qa_issue_rows.category,
    qa_issue_rows.severity,
    qa_issue_rows.message,
    qa_issue_rows.file,
    qa_issue_rows.line
from qa_issue_rows
inner join runs on qa_issue_rows.run_key = runs.run_key;

comment on view qa_issues is
'What QA found. Grain: run × position. Source: qa_report.issues.';

comment on column qa_issues.run_id is
'Run.';
comment on column qa_issues.position is
'Place in the list, from 1.';
comment on column qa_issues.category is
'Kind of check: html, accessibility …';
comment on column qa_issues.severity is
'Severity as written.';
comment on column qa_issues.message is
'What was found, at most 10,000 characters.';
comment on column qa_issues.file is
'File concerned.';
comment on column qa_issues.line is
'Line concerned.';

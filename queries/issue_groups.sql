-- Purpose: what could not be read or used, by reason.
-- Grain:   severity × place × reason.
-- Units:   files.
-- Source:  ingest_issues.

create or replace view issue_groups as
select
    severity,
    regexp_replace(place, '\d+', '*', 'g') as place,
    reason,
    count(*) as issues,
    count(distinct path) as files,
    min(path) as example,
    in_zone(min(first_seen)) as first_seen,
    in_zone(max(last_seen)) as last_seen
from ingest_issues
group by all
order by severity asc, files desc, place asc, reason asc;

comment on view issue_groups is
'What could not be read or used, by reason; errors first. Grain: severity × place × reason.';
comment on column issue_groups.severity is
'''error'': the file could not be taken; ''warning'': a value in it was left out.';
comment on column issue_groups.place is
'Key within the document, with * for places in lists; empty where the whole file is concerned.';
comment on column issue_groups.reason is
'What is wrong and what is allowed.';
comment on column issue_groups.issues is
'Issues.';
comment on column issue_groups.files is
'Files that have them.';
comment on column issue_groups.example is
'One of the files.';
comment on column issue_groups.first_seen is
'First pass that saw one, in the chosen zone.';
comment on column issue_groups.last_seen is
'Last pass that saw one, in the chosen zone.';

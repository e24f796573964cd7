-- Run folders without a file (session variable gone_folders) -> `not_seen`, the files
-- that were known in them.
create or replace temp table not_seen as
with folders as (
    select unnest(getvariable('gone_folders')::varchar[]) as folder
)

select sources.path
from sources
semi join folders on regexp_replace(sources.path, '/[^/]*$', '') = folders.folder
where
    sources.kind = 'run'
    and sources.missing_since is null;

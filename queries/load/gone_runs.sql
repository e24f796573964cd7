-- Runs of files that this pass marked as missing, of which nothing else is there ->
-- `forgotten`.
create or replace temp table forgotten as
select sources.run_id
from sources
where
    sources.run_id in (
        select gone.run_id from sources as gone
        where gone.missing_since = getvariable('pass_time')
    )
group by sources.run_id
having bool_and(sources.missing_since is not null);

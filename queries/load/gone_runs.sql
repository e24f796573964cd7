-- `affected` runs of which every file is missing -> `forgotten`.
create or replace temp table forgotten as
select affected.run_id
from affected
inner join sources on affected.run_id = sources.run_id
group by affected.run_id
having bool_and(sources.missing_since is not null);

-- Tables of schema version 2, in `version_2` -> those of version 3: paths that follow from the run
-- are not stored. from_version_2_parts.sql comes after it.
insert into runs by name
select
    * exclude (source_path),
    other_path(source_path, run_id) as other_path
from version_2.runs;

insert into sources by name
select
    * exclude (path),
    other_path(path, run_id) as other_path
from version_2.sources;

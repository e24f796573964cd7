-- Leaves `same`: files of `staged` that say what they said before. Runs after before.sql.
create or replace temp table same as
select
    staged.path,
    before.place,
    before.run_id
from staged
inner join before on staged.path = before.path
where
    staged.content_hash = before.content_hash
    and before.missing_since is null;

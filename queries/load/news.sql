-- How many of the staged files are known, whether they are all new, can be taken and are the only ones
-- of their runs, and whether there is anything to say of them. Runs after before.sql.
select
    (select count(*) from before) as known,
    getvariable('before_places')[1] is null
    and count(staged.run_id) = count(*)
    and count(distinct staged.run_id) = count(*)
    and bool_and(staged.state = 'indexed') as are_only,
    coalesce(bool_or(len(staged.issues) > 0), false) as has_issues
from staged;

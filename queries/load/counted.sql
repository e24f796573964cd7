-- How many files of `staged` are new, and how many say something else than before.
select
    count(*) filter (where before.path is null) as new,
    count(*) filter (where before.path is not null) as changed
from staged
left join before on staged.path = before.path;

-- Run files of `owners` that spoke for no run before, so that they must be read.
select owners.path
from owners
where
    owners.was_duplicate
    and owners.kind = 'run'
order by owners.path;

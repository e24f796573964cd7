-- staged -> `replaced` and `before`: the rows of `sources` whose place staged files take.
-- A folder has one run file: one that replaces another, as when it is compressed, takes
-- its place. All that is asked of `sources` by path or by the names of new runs is asked here, in
-- one scan of each column: `before_places` holds other files of these runs as well. `place` finds the
-- rows again until the end of the transaction, within a range that is known before reading, so that
-- for a few files the rest of the table is passed over.
create or replace temp table replaced as
with stems as (
    select
        path,
        regexp_replace(path, '\.json(\.gz|\.zst)?$', '') as stem
    from staged
    where kind = 'run'
)

select
    stems.path as staged_path,
    stems.stem || names.ending as path
from stems
cross join (values ('.json'), ('.json.gz'), ('.json.zst')) as names (ending)
where stems.path != stems.stem || names.ending;

-- By what is stored of paths alone first, the run's name for most: reading further columns of
-- every row, or making paths of names, takes longer than that, and so does choosing between the two
-- in each row. A statement of its own for each, because one that reads a table twice may miss rows
-- of a transaction that has written to it (DuckDB 2.0.0).
create or replace temp table wanted_paths as
select staged.path from staged
union all
select replaced.path from replaced;

create or replace temp table wanted_names as
select split_part(staged.path, '/', 2) as name from staged
union all
select staged.run_id from staged
where staged.run_id is not null;

set variable wanted_names = (
    select [min(wanted_names.name), max(wanted_names.name)] from wanted_names
);

create or replace temp table before_places as
select rowid as place
from sources
where
    run_id between getvariable('wanted_names')[1] and getvariable('wanted_names')[2]
    and run_id in (select wanted_names.name from wanted_names);

insert into before_places
select rowid as place
from sources
where other_path in (select wanted_paths.path from wanted_paths);

set variable before_places = (
    select [min(before_places.place), max(before_places.place)] from before_places
);

create or replace temp table before as
select
    sources.path,
    sources.run_id,
    sources.content_hash,
    sources.missing_since,
    sources.rowid as place
from sources
where
    sources.rowid between getvariable('before_places')[1] and getvariable('before_places')[2]
    and sources.rowid in (select before_places.place from before_places)
    and sources.path in (select wanted_paths.path from wanted_paths);

-- Least rights of those who use the lake's catalog, for PostgreSQL.
--
--   psql lake -f roles.sql
--
-- `runmeter lake init` runs as the owner of the database and makes the catalog's tables.
-- After it, and after each update that runs it again, run this file again.
-- Files need rights of their own: readers read the bucket or folder, writers and the
-- maintainer also write it, only the maintainer removes from it.

do $$
begin
    if not exists (select 1 from pg_roles where rolname = 'runmeter_reader') then
        create role runmeter_reader login;
    end if;
    if not exists (select 1 from pg_roles where rolname = 'runmeter_writer') then
        create role runmeter_writer login;
    end if;
    if not exists (select 1 from pg_roles where rolname = 'runmeter_maintainer') then
        create role runmeter_maintainer login;
    end if;
end $$;

-- Dashboards: they see everything and change nothing.
grant usage on schema public to runmeter_reader;
grant select on all tables in schema public to runmeter_reader;
alter default privileges in schema public grant select on tables to runmeter_reader;

-- Shippers append rows and note new files and snapshots. DuckLake keeps small batches in
-- tables of the catalog, which it makes as they are needed.
grant usage, create on schema public to runmeter_writer;
grant select, insert, update, delete on all tables in schema public to runmeter_writer;
alter default privileges in schema public grant select, insert, update, delete on tables to runmeter_writer;

-- The maintainer does the same and removes what is superseded.
grant runmeter_writer to runmeter_maintainer;

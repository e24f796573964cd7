-- Tables of schema version 1 -> those of version 2: runs get a number, and what their roles and
-- models used is stored under it. schema.sql and the views come after it.
create sequence run_keys;

alter table runs add column run_key bigint default nextval('run_keys');

create table role_usage_rows as
select
    runs.run_key,
    role_usage.* exclude (run_id),
    count(*) over (partition by runs.run_key, role_usage.role) > 1 as is_split
from role_usage
inner join runs on role_usage.run_id = runs.run_id
order by runs.run_key;

create table model_usage_rows as
select
    runs.run_key,
    model_usage.* exclude (run_id)
from model_usage
inner join runs on model_usage.run_id = runs.run_id
order by runs.run_key;

drop table role_usage;

drop table model_usage;

-- Tables of schema version 1 -> those of version 2: runs get a number, and what their roles and
-- models used is stored under it. from_version_2.sql comes after it.
create sequence run_keys;

alter table runs add column run_key bigint default nextval('run_keys');

create table role_usage_rows as
select
    runs.run_key,
    role_usage.role,
    role_usage.model,
    role_usage.calls,
    role_usage.input_tokens,
    role_usage.output_tokens,
    role_usage.total_tokens,
    role_usage.cost_usd,
    count(*) over (partition by runs.run_key, role_usage.role) > 1 as is_split
from role_usage
inner join runs on role_usage.run_id = runs.run_id
order by runs.run_key;

create table model_usage_rows as
select
    runs.run_key,
    model_usage.model,
    model_usage.calls,
    model_usage.input_tokens,
    model_usage.output_tokens,
    model_usage.total_tokens,
    model_usage.cost_usd
from model_usage
inner join runs on model_usage.run_id = runs.run_id
order by runs.run_key;

drop table role_usage;

drop table model_usage;

update index_info set schema_version = 2;

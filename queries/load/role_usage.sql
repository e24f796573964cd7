-- `new_roles` -> role_usage_rows. Runs after usage.sql.
insert into role_usage_rows
select
    new_keys.run_key,
    new_roles.* exclude (run_id),
    count(*) over (partition by new_keys.run_key, new_roles.role) > 1 as is_split,
    said_twice.role is not null as is_model_usage
from new_roles
inner join new_keys on new_roles.run_id = new_keys.run_id
left join said_twice
    on
        new_roles.run_id = said_twice.run_id
        and new_roles.model = said_twice.model
        and new_roles.role = said_twice.role
order by new_keys.run_key;

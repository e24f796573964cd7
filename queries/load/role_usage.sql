-- `new_roles` -> role_usage_rows. Runs after usage.sql.
insert into role_usage_rows
select
    new_roles.* exclude (speaks_for_models),
    count(*) over (partition by new_roles.run_key, new_roles.role) > 1 as is_split,
    said_twice.role is not null as is_model_usage
from new_roles
left join said_twice
    on
        new_roles.run_key = said_twice.run_key
        and new_roles.model = said_twice.model
        and new_roles.role = said_twice.role;

-- `new_models` that no role says as well -> other_model_rows. Runs after usage.sql.
insert into other_model_rows
select
    new_keys.run_key,
    new_models.* exclude (run_id)
from new_models
inner join new_keys on new_models.run_id = new_keys.run_id
anti join said_twice
    on
        new_models.run_id = said_twice.run_id
        and new_models.model = said_twice.model;

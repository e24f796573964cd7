-- `new_models` that no role says as well -> other_model_rows. Runs after usage.sql.
insert into other_model_rows
select new_models.*
from new_models
anti join said_twice
    on
        new_models.run_key = said_twice.run_key
        and new_models.model = said_twice.model;

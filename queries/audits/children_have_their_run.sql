-- Rule: No role, model, round or QA issue is left without its run.
-- Returns the rows that break it.

with children as (
    select
        'role_usage_rows' as table_name,
        run_key::varchar as run
    from role_usage_rows
    anti join runs on role_usage_rows.run_key = runs.run_key
    union all
    select
        'model_usage_rows' as table_name,
        run_key::varchar as run
    from model_usage_rows
    anti join runs on model_usage_rows.run_key = runs.run_key
    union all
    select
        'iterations' as table_name,
        run_id as run
    from iterations
    anti join runs on iterations.run_id = runs.run_id
    union all
    select
        'qa_issues' as table_name,
        run_id as run
    from qa_issues
    anti join runs on qa_issues.run_id = runs.run_id
)

select
    table_name,
    run
from children;

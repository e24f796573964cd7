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
        'other_model_rows' as table_name,
        run_key::varchar as run
    from other_model_rows
    anti join runs on other_model_rows.run_key = runs.run_key
    union all
    select
        'iteration_rows' as table_name,
        run_key::varchar as run
    from iteration_rows
    anti join runs on iteration_rows.run_key = runs.run_key
    union all
    select
        'qa_issue_rows' as table_name,
        run_key::varchar as run
    from qa_issue_rows
    anti join runs on qa_issue_rows.run_key = runs.run_key
)

select
    table_name,
    run
from children;

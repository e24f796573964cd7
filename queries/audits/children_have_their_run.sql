-- Rule: No role, model, round or QA issue is left without its run.
-- Returns the rows that break it.

with children as (
    select
        'role_usage' as table_name,
        run_id
    from role_usage
    union all
    select
        'model_usage' as table_name,
        run_id
    from model_usage
    union all
    select
        'iterations' as table_name,
        run_id
    from iterations
    union all
    select
        'qa_issues' as table_name,
        run_id
    from qa_issues
)

select
    table_name,
    run_id
from children
anti join runs on children.run_id = runs.run_id;

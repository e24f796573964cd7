-- Staged runs -> runs. Tokens are summed over the roles, cost is the stated total;
-- where that is missing the roles' sum. One unknown role makes the sum unknown,
-- and so does a sum beyond any sense, which the column could not hold.
-- Without roles the document's own totals hold. Runs after role_usage.sql.
insert into runs
with parts as (
    select
        role_usage.run_id,
        sum_of_known(role_usage.input_tokens) as input_tokens,
        sum_of_known(role_usage.output_tokens) as output_tokens,
        sum_of_known(role_usage.total_tokens) as total_tokens,
        cost_of_known(role_usage.cost_usd) as cost_usd
    from role_usage
    semi join staged_runs on role_usage.run_id = staged_runs.run.run_id
    group by role_usage.run_id
),

staged as (
    select
        path,
        run
    from staged_runs
)

select
    staged.run.run_id,
    staged.path,
    staged.run.project_name,
    staged.run.project_dir,
    staged.run.mode,
    staged.run.task,
    staged.run.started_at,
    staged.run.finished_at,
    staged.run.max_rounds,
    staged.run.rounds_completed,
    staged.run.final_status,
    staged.run.safety_status,
    staged.run.qa_status,
    staged.run.qa_summary,
    coalesce(staged.run.cost_usd, parts.cost_usd),
    staged.run.estimated_cost_usd,
    staged.run.max_cost_usd,
    staged.run.calls,
    coalesce(staged.run.input_tokens, parts.input_tokens),
    coalesce(staged.run.output_tokens, parts.output_tokens),
    case
        when parts.run_id is not null then parts.total_tokens
        else staged.run.input_tokens + staged.run.output_tokens
    end,
    staged.run.tokens_redacted,
    null,
    null,
    getvariable('pass_time')
from staged
left join parts on staged.run.run_id = parts.run_id;

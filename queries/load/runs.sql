-- Staged runs -> runs. Tokens are summed over the roles, cost is the stated total;
-- where that is missing the roles' sum. One unknown role makes the sum unknown,
-- and so does a sum beyond any sense, which the column could not hold.
-- Without roles the document's own totals hold. Runs after usage.sql.
insert into runs by name
with parts as (
    select
        run_key,
        sum_of_known(input_tokens) as input_tokens,
        sum_of_known(output_tokens) as output_tokens,
        sum_of_known(total_tokens) as total_tokens,
        cost_of_known(cost_usd) as cost_usd
    from new_roles
    group by run_key
),

staged as (
    select
        path,
        run,
        run.document,
        run.document.cost_summary as costs
    from staged_runs
)

select
    staged.run.run_id as run_id,
    other_path(staged.path, staged.run.run_id) as other_path,
    coalesce(nullif(staged.run.project_name, ''), 'unknown') as project_name,
    nullif(staged.document.project_dir, '') as project_dir,
    staged.document.mode as mode,
    nullif(staged.document.task, '') as task,
    staged.document.started_at as started_at,
    staged.document.finished_at as finished_at,
    staged.document.max_rounds as max_rounds,
    staged.document.rounds_completed as rounds_completed,
    nullif(staged.document.final_status, '') as final_status,
    nullif(staged.document.safety_status, '') as safety_status,
    staged.document.qa_status as qa_status,
    nullif(staged.document.qa_summary, '') as qa_summary,
    coalesce(cost_of(staged.costs), parts.cost_usd) as cost_usd,
    staged.document.estimated_cost_usd as estimated_cost_usd,
    staged.document.config.max_cost_usd as max_cost_usd,
    staged.costs.num_calls as calls,
    coalesce(input_tokens_of(staged.costs), parts.input_tokens) as input_tokens,
    coalesce(output_tokens_of(staged.costs), parts.output_tokens) as output_tokens,
    case
        when parts.run_key is not null then parts.total_tokens
        else input_tokens_of(staged.costs) + output_tokens_of(staged.costs)
    end as total_tokens,
    coalesce(staged.run.tokens_redacted, false) as tokens_redacted,
    getvariable('pass_time') as indexed_at,
    new_keys.run_key
from staged
inner join new_keys on staged.run.run_id = new_keys.run_id
left join parts on new_keys.run_key = parts.run_key;

-- Runs of which only events tell (`owners` of kind events) -> runs, role_usage_rows,
-- other_model_rows.
-- What a run cost so far is the sum of its calls, of which one unknown makes it unknown; its
-- last event states the whole. A run that has not ended has no end and no outcome. An event
-- without a time comes before all others, wherever the last one is asked for.
create or replace temp table told_events as
select
    run_events.*,
    owners.path as claim
from run_events
inner join owners
    on
        run_events.run_id = owners.run_id
        and owners.kind = 'events';

create or replace temp table new_keys as
select
    told.run_id,
    nextval('run_keys') as run_key
from (select distinct told_events.run_id from told_events) as told;

insert into role_usage_rows
select
    new_keys.run_key,
    role_named(role) as role,
    model_named(role, model) as model,
    count(*) as calls,
    sum_of_known(input_tokens) as input_tokens,
    sum_of_known(output_tokens) as output_tokens,
    sum_of_known(input_tokens + output_tokens) as total_tokens,
    cost_of_known(cost_usd) as cost_usd,
    count(*) over (partition by new_keys.run_key, role_named(role)) > 1 as is_split,
    count(*) over (partition by new_keys.run_key, model_named(role, model)) = 1 as is_model_usage
from told_events
inner join new_keys on told_events.run_id = new_keys.run_id
where event_type = 'llm_call'
group by new_keys.run_key, role_named(role), model_named(role, model);

insert into other_model_rows
select
    new_keys.run_key,
    model_named(role, model) as model,
    count(*) as calls,
    sum_of_known(input_tokens) as input_tokens,
    sum_of_known(output_tokens) as output_tokens,
    sum_of_known(input_tokens + output_tokens) as total_tokens,
    cost_of_known(cost_usd) as cost_usd
from told_events
inner join new_keys on told_events.run_id = new_keys.run_id
where event_type = 'llm_call'
group by new_keys.run_key, model_named(role, model)
-- of one role, the row above says it
having count(distinct role_named(role)) > 1;

insert into runs by name
with calls as (
    select
        run_id,
        count(*) as calls,
        sum_of_known(input_tokens) as input_tokens,
        sum_of_known(output_tokens) as output_tokens,
        sum_of_known(input_tokens + output_tokens) as total_tokens,
        cost_of_known(cost_usd) as cost_usd
    from told_events
    where event_type = 'llm_call'
    group by run_id
),

told as (
    select
        run_id,
        any_value(claim) as other_path,
        min_by(project_name, (occurred_at, file_offset)) as project_name,
        min_by(project_dir, (occurred_at, file_offset)) as project_dir,
        min_by(mode, (occurred_at, file_offset)) as mode,
        min_by(task, (occurred_at, file_offset)) as task,
        min(occurred_at) as started_at,
        max(occurred_at) filter (where event_type = 'final_status') as finished_at,
        max(max_rounds) as max_rounds,
        case
            when count(*) filter (where event_type in ('iteration_begin', 'iteration_end')) > 0
                then
                    count(distinct coalesce(iteration, -file_offset))
                    filter (where event_type = 'iteration_end')
        end as rounds_completed,
        max_by(status, (occurred_at is not null, occurred_at, file_offset))
        filter (where event_type = 'final_status') as final_status,
        max_by(status, (occurred_at is not null, occurred_at, file_offset))
        filter (where event_type = 'safety_check') as safety_status,
        max_by(cost_usd, (occurred_at is not null, occurred_at, file_offset))
        filter (where event_type = 'final_status') as stated_cost
    from told_events
    group by run_id
)

select
    told.run_id,
    told.other_path,
    coalesce(told.project_name, project_of(told.project_dir)) as project_name,
    told.project_dir,
    told.mode,
    told.task,
    told.started_at,
    told.finished_at,
    told.max_rounds,
    told.rounds_completed,
    told.final_status,
    told.safety_status,
    coalesce(told.stated_cost, calls.cost_usd) as cost_usd,
    calls.calls,
    calls.input_tokens,
    calls.output_tokens,
    calls.total_tokens,
    false as tokens_redacted,
    getvariable('pass_time') as indexed_at,
    new_keys.run_key
from told
inner join new_keys on told.run_id = new_keys.run_id
left join calls on told.run_id = calls.run_id;

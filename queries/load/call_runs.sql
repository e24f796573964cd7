-- llm_calls -> runs, role_usage_rows and other_model_rows, for the runs of `touched_runs`. A session is
-- a run, and a trace or conversation is one. A run that another kind of record describes
-- keeps what that says; where two kinds tell of the calls of one run, the one that tells of
-- more holds. One unknown part makes a sum unknown, as everywhere.
create or replace temp table told_calls as
with told as (
    select call_costs.*
    from call_costs
    semi join touched_runs on call_costs.run_id = touched_runs.run_id
),

speakers as (
    select
        run_id,
        source
    from told
    group by run_id, source
    qualify
        row_number() over (
            partition by run_id
            order by count(*) desc, source asc
        ) = 1
)

select told.*
from told
semi join speakers
    on
        told.run_id = speakers.run_id
        and told.source = speakers.source;

-- What calls said before goes; what another kind of record says stays, and is said for all.
-- Whose row it is follows from its file: of the calls that it was made of none may be left.
create or replace temp table cleared as
select
    runs.run_id,
    runs.run_key
from runs
semi join touched_runs on runs.run_id = touched_runs.run_id
semi join
    (
        select sources.path from sources
        where sources.holder is null and sources.kind != 'run'
    ) as files
    on runs.source_path = files.path;

delete from runs
where run_id in (select cleared.run_id from cleared);

delete from role_usage_rows
where run_key in (select cleared.run_key from cleared);

delete from other_model_rows
where run_key in (select cleared.run_key from cleared);

delete from told_calls
where run_id in (select runs.run_id from runs);

create or replace temp table new_keys as
select
    told.run_id,
    nextval('run_keys') as run_key
from (select distinct told_calls.run_id from told_calls) as told;

insert into role_usage_rows
select
    new_keys.run_key,
    role_named(role) as role,
    model_named(role, model) as model,
    count(*) as calls,
    sum_of_known(prompt_tokens) as input_tokens,
    sum_of_known(output_tokens) as output_tokens,
    sum_of_known(total_tokens) as total_tokens,
    cost_of_known(cost_usd) as cost_usd,
    count(*) over (partition by new_keys.run_key, role_named(role)) > 1 as is_split,
    count(*) over (partition by new_keys.run_key, model_named(role, model)) = 1 as is_model_usage
from told_calls
inner join new_keys on told_calls.run_id = new_keys.run_id
group by new_keys.run_key, role_named(role), model_named(role, model);

insert into other_model_rows
select
    new_keys.run_key,
    model_named(role, model) as model,
    count(*) as calls,
    sum_of_known(prompt_tokens) as input_tokens,
    sum_of_known(output_tokens) as output_tokens,
    sum_of_known(total_tokens) as total_tokens,
    cost_of_known(cost_usd) as cost_usd
from told_calls
inner join new_keys on told_calls.run_id = new_keys.run_id
group by new_keys.run_key, model_named(role, model)
-- of one role, the row above says it
having count(distinct role_named(role)) > 1;

insert into runs by name
with summed as (
    select
        run_id,
        any_value(source) as mode,
        max_by(path, (called_at, path)) filter (where called_at is not null) as dated_path,
        max(path) as any_path,
        min_by(project_dir, (called_at, project_dir)) filter (
            where called_at is not null and project_dir is not null
        ) as first_dir,
        min(project_dir) as any_dir,
        min(called_at) as started_at,
        max(called_at) as finished_at,
        count(*) as calls,
        sum_of_known(prompt_tokens) as input_tokens,
        sum_of_known(output_tokens) as output_tokens,
        sum_of_known(total_tokens) as total_tokens,
        cost_of_known(cost_usd) as cost_usd
    from told_calls
    group by run_id
),

-- The run stays when all its files are gone, and says since when.
gone as (
    select
        told_calls.run_id,
        max(sources.missing_since) as source_missing_since
    from told_calls
    inner join sources on told_calls.path = sources.path
    group by told_calls.run_id
    having count(*) = count(sources.missing_since)
)

select
    summed.run_id,
    coalesce(dated_path, any_path) as other_path,
    project_of(coalesce(first_dir, any_dir)) as project_name,
    coalesce(first_dir, any_dir) as project_dir,
    mode,
    started_at,
    finished_at,
    cost_usd,
    calls,
    input_tokens,
    output_tokens,
    total_tokens,
    false as tokens_redacted,
    gone.source_missing_since,
    getvariable('pass_time') as indexed_at,
    new_keys.run_key
from summed
inner join new_keys on summed.run_id = new_keys.run_id
left join gone on summed.run_id = gone.run_id;

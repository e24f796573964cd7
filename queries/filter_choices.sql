-- Purpose: the values that each filter can choose from.
-- Grain:   filter × value, most runs first.
-- Units:   runs; all of them, whatever is filtered.
-- Source:  runs, model_usage_rows or what the session was told of all models, role_usage_rows.

create or replace view filter_choices as
with counted as (
    select
        'project' as filter,
        project_name as value,
        count(*) as runs
    from runs
    group by project_name
    union all
    select
        'mode' as filter,
        coalesce(mode, 'unknown') as value,
        count(*) as runs
    from runs
    group by mode
    union all
    select
        'qa' as filter,
        coalesce(qa_status, 'not_run') as value,
        count(*) as runs
    from runs
    group by qa_status
    union all
    select
        'status' as filter,
        coalesce(final_status, 'unknown') as value,
        count(*) as runs
    from runs
    group by final_status
    union all
    select
        'model' as filter,
        model as value,
        count(*) as runs
    from model_usage_rows
    where not all_models_are_told()
    group by model
    union all
    select
        'model' as filter,
        model_name as value,
        usage_count as runs
    from told_model_sums
    where all_models_are_told()
    union all
    select
        'role' as filter,
        role as value,
        count(*) as runs
    from role_usage_rows
    where not is_split
    group by role
    union all
    select
        'role' as filter,
        role as value,
        count(distinct run_key) as runs
    from role_usage_rows
    where is_split
    group by role
)

select
    filter,
    value,
    sum(runs)::bigint as runs
from counted
group by filter, value
order by filter asc, runs desc, value asc;

comment on view filter_choices is
'What each filter can choose from. Grain: filter × value.';
comment on column filter_choices.filter is
'project, model, role, mode, qa or status: the parameter of a query.';
comment on column filter_choices.value is
'A value of it; ''unknown'' or, for qa, ''not_run'' where runs have none.';
comment on column filter_choices.runs is
'Runs that have it.';

-- Purpose: one page of the list of jobs, in any order, quick at any depth.
-- Grain:   table macro: one row per job, at most `page_rows`, of the jobs in known_job_list.
-- Units:   USD, seconds; times of the chosen zone.
-- Source:  known_job_list.
--
--     from job_page(null, 'changed', true, null, null, 40);
--
-- `states` is a list of states, or null for all that the state file lists. `sort` is 'changed', 'waiting' or
-- 'running'. Where a page begins is said as in run_page.

create or replace macro job_page(states, sort, descending, after_key, after_id, page_rows) as table
    with keyed as (
        select
            *,
            case sort
                when 'changed' then epoch_us(changed_at)::decimal(38, 12)
                when 'waiting' then waiting_seconds::decimal(38, 12)
                when 'running' then running_seconds::decimal(38, 12)
            end as sort_key
        from known_job_list
        where
            case
                when states is null then state != 'left'
                else list_contains(states::varchar[], state)
            end
    ),

    placed as (
        select
            *,
            case when descending then -sort_key else sort_key end as place,
            case
                when descending then -(after_key::decimal(38, 12))
                else after_key::decimal(38, 12)
            end as after_place
        from keyed
    )

    select
        * exclude (sort_key, place, after_place),
        sort_key::varchar as sort_key
    from placed
    where
        after_id is null
        or place > after_place
        or (place is null and after_place is not null)
        or (place is not distinct from after_place and job_id > after_id)
    order by place asc nulls last, job_id asc
    limit page_rows;

comment on macro table job_page is  -- noqa: PRS
'One page of the list of jobs of some states, sorted, behind a given row. Grain: one row per job.';

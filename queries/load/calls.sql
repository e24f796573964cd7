-- staged_calls, rows of the form of llm_calls -> llm_calls. One row a call, whatever copies
-- of it came in whatever order: one of the main agent before one of a subagent, then the
-- one with the most tokens, because an answer is written again while it grows, then by every
-- column, so that no two orders differ.
-- Leaves `touched_runs`: the runs of which a call is new, another, or no more, and those of
-- `recounted_runs`. Runs after dropped_calls.sql.
create or replace temp table changed_calls as
with candidates as (
    select
        *,
        0 as is_known
    from staged_calls
    union all
    select
        llm_calls.*,
        1 as is_known
    from llm_calls
    semi join staged_calls
        on
            llm_calls.source = staged_calls.source
            and llm_calls.call_id = staged_calls.call_id
)

select *
from candidates
qualify
    row_number() over (
        partition by source, call_id
        order by
            role is not distinct from 'subagent',
            coalesce(input_tokens, 0)
            + coalesce(output_tokens, 0)
            + coalesce(cache_write_tokens, 0)
            + coalesce(cache_read_tokens, 0) desc,
            cost_usd desc nulls last,
            called_at nulls last,
            session_id nulls last,
            run_id nulls last,
            project_dir nulls last,
            model nulls last,
            role nulls last,
            message_id nulls last,
            service_tier nulls last,
            input_tokens nulls last,
            output_tokens nulls last,
            cache_write_tokens nulls last,
            cache_write_1h_tokens nulls last,
            path,
            file_offset,
            is_known desc
    ) = 1;

delete from changed_calls
where is_known = 1;

create or replace temp table replaced_calls as
select
    llm_calls.rowid as place,
    coalesce(llm_calls.run_id, llm_calls.session_id) as run_id
from llm_calls
semi join changed_calls
    on
        llm_calls.source = changed_calls.source
        and llm_calls.call_id = changed_calls.call_id;

create or replace temp table touched_runs as
select coalesce(run_id, session_id) as run_id
from changed_calls
union
select run_id
from replaced_calls
union
select run_id
from recounted_runs;

delete from llm_calls
where rowid in (select replaced_calls.place from replaced_calls);

insert into llm_calls
select * exclude (is_known)
from changed_calls;

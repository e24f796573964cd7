-- Purpose: the sessions that a run belongs to, with all their runs.
-- Grain:   table macro: one row per session of the run × run of that session.
-- Units:   USD.
-- Source:  session_tries, session_summary, runs.

create or replace macro sessions_of_run(wanted_run) as table
    select
        session_summary.session_id,
        session_summary.status as session_status,
        session_summary.decision as session_decision,
        session_summary.cost_usd as session_cost_usd,
        session_summary.tries,
        session_summary.tries_until_success,
        session_tries.position,
        session_tries.run_id,
        runs.run_id is not null as is_known,
        coalesce(runs.final_status, session_tries.status) as status,
        session_tries.score,
        session_tries.evaluation,
        session_tries.decision,
        runs.cost_usd
    from session_summary
    inner join session_tries on session_summary.session_id = session_tries.session_id
    left join runs on session_tries.run_id = runs.run_id
    where
        session_summary.session_id in (
            select mine.session_id from session_tries as mine
            where mine.run_id = wanted_run
        )
    order by session_summary.session_id, session_tries.position;

comment on macro table sessions_of_run is  -- noqa: PRS
'The sessions that a run belongs to, with all their runs. Grain: session of the run × run.';

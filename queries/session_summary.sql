-- Purpose: what each session cost, and how many tries it took.
-- Grain:   one row per session.
-- Units:   USD, tries; times of the chosen zone.
-- Source:  sessions, session_tries, runs.
--
-- The cost is that of its runs as they count everywhere else, each once, though two tries may
-- be one run; where the session lists none, what it states. A try is a run of the list; a
-- success is a run that came to its end (is_finished), as the run itself says, else as the
-- session does.

create or replace view session_summary as
with numbered as (
    select
        *,
        row_number() over (
            partition by session_id, run_id
            order by position
        ) as mention
    from session_tries
),

tries as (
    select
        numbered.session_id,
        count(*) as tries,
        count(runs.cost_usd) as known_costs,
        sum(runs.cost_usd) filter (where numbered.mention = 1) as cost_usd,
        min(numbered.position)
        filter (
            where is_finished(coalesce(runs.final_status, numbered.status))
        ) as tries_until_success,
        max(numbered.score) as best_score
    from numbered
    left join runs on numbered.run_id = runs.run_id
    group by numbered.session_id
)

select
    sessions.session_id,
    sessions.project_name,
    sessions.task,
    in_zone(sessions.started_at) as started,
    in_zone(sessions.finished_at) as finished,
    sessions.status,
    sessions.decision,
    coalesce(tries.tries, 0) as tries,
    tries.tries_until_success,
    tries.best_score,
    case
        when tries.tries is null then sessions.stated_cost_usd
        when tries.tries = tries.known_costs then tries.cost_usd
    end as cost_usd,
    sessions.stated_cost_usd
from sessions
left join tries on sessions.session_id = tries.session_id
order by sessions.started_at desc nulls last, sessions.session_id asc;

comment on view session_summary is
'What each session cost, and how many tries it took. Grain: one row per session.';
comment on column session_summary.session_id is
'Session.';
comment on column session_summary.project_name is
'Project.';
comment on column session_summary.task is
'Task text.';
comment on column session_summary.started is
'Start, in the chosen zone.';
comment on column session_summary.finished is
'End, in the chosen zone.';
comment on column session_summary.status is
'Outcome as written.';
comment on column session_summary.decision is
'What was decided in the end.';
comment on column session_summary.tries is
'Runs of the session.';
comment on column session_summary.tries_until_success is
'Place of the first run that came to its end; null where none did.';
comment on column session_summary.best_score is
'Best score of its runs, in the session''s own measure; null where not told.';
comment on column session_summary.cost_usd is
'Cost in USD of its runs, each once; null where one is unknown.';
comment on column session_summary.stated_cost_usd is
'Cost that the file states for all of it.';

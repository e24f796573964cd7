-- Purpose: runs that have not ended, as their events tell: going on or stalled.
-- Grain:   one row per run of which only events tell, and not of its end.
-- Units:   USD, seconds; times of the chosen zone.
-- Source:  runs, run_events, sources, chosen_moment, stalled_after.

create or replace view run_progress as
with open_runs as (
    select
        runs.run_id,
        runs.cost_usd,
        runs.calls
    from runs
    inner join sources
        on
            runs.source_path = sources.path
            and sources.kind = 'events'
    where runs.finished_at is null
),

last_events as (
    select
        run_events.run_id,
        count(*) as events,
        max(run_events.occurred_at) as last_at,
        max_by(
            run_events.event_type,
            (
                run_events.occurred_at is not null,
                run_events.occurred_at,
                run_events.file_offset
            )
        ) as last_event
    from run_events
    semi join open_runs on run_events.run_id = open_runs.run_id
    group by run_events.run_id
    -- an end without a time is an end
    having not bool_or(run_events.event_type = 'final_status')
)

select
    open_runs.run_id,
    case
        when last_events.last_at is null then 'unknown'
        when epoch(chosen_moment() - last_events.last_at) > stalled_after() then 'stalled'
        else 'running'
    end as state,
    in_zone(last_events.last_at) as last_event_at,
    last_events.last_event,
    last_events.events,
    epoch(chosen_moment() - last_events.last_at) as seconds_since,
    open_runs.calls,
    open_runs.cost_usd
from open_runs
inner join last_events on open_runs.run_id = last_events.run_id
order by last_events.last_at desc nulls last, open_runs.run_id asc;

comment on view run_progress is
'Runs that have not ended, as their events tell. Grain: one row per run of which only events tell.';
comment on column run_progress.run_id is
'Run.';
comment on column run_progress.state is
'''running'', ''stalled'' where nothing has come for stalled_after() seconds, ''unknown'' without times.';
comment on column run_progress.last_event_at is
'When the last event happened, in the chosen zone.';
comment on column run_progress.last_event is
'Its kind.';
comment on column run_progress.events is
'Events so far.';
comment on column run_progress.seconds_since is
'Seconds from the last event to now.';
comment on column run_progress.calls is
'Model calls so far.';
comment on column run_progress.cost_usd is
'Cost so far in USD; null where a call''s cost is unknown.';

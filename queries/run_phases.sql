-- Purpose: how long each round of a run took, as its events tell.
-- Grain:   table macro: one row per round, and one for what came before the first.
-- Units:   seconds, USD; times of the chosen zone.
-- Source:  run_events.
--
--     from run_phases('r1');
--
-- A round lasts from its first event to that of the next one; the last one to its last
-- event, if the run has ended. An event without a round belongs to the one before it.

create or replace macro run_phases(wanted_run) as table
    with placed as (
        select
            *,
            coalesce(
                iteration,
                last_value(iteration ignore nulls) over (
                    order by occurred_at asc nulls last, path asc, file_offset asc
                    rows between unbounded preceding and current row
                )
            ) as phase
        from run_events
        where run_id = wanted_run
    ),

    phases as (
        select
            phase,
            min(occurred_at) as began,
            max(occurred_at) as ended,
            bool_or(event_type = 'final_status') as is_last,
            count(*) as events,
            count(*) filter (where event_type = 'llm_call') as calls,
            count(*) filter (where event_type = 'error') as errors,
            count(cost_usd) filter (where event_type = 'llm_call') as known_costs,
            sum(cost_usd) filter (where event_type = 'llm_call') as cost_usd
        from placed
        group by phase
    )

    select
        phase as iteration,
        in_zone(began) as began,
        (
            epoch_us(
                coalesce(
                    lead(began) over (order by began asc nulls last),
                    case when is_last then ended end
                )
            ) - epoch_us(began)
        ) / 1e6 as seconds,
        events,
        calls,
        errors,
        case when calls = known_costs then cost_usd end as cost_usd
    from phases
    order by phases.began asc nulls last;

comment on macro table run_phases is  -- noqa: PRS
'How long each round of a run took, as its events tell. Grain: one row per round.';

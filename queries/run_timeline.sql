-- Purpose: the rounds of one run as a line of time.
-- Grain:   table macro: iteration of the run, in the order of the file.
-- Units:   times of the chosen zone; seconds; shares of the run's duration, 0 to 1.
-- Source:  iteration_rows, runs.
--
-- A round lasts from the one before it, else from the start of the run, to its own time.
-- What is unknown or lies outside of the run has no share.

create or replace macro run_timeline(wanted_run) as table
    with rounds as (
        select
            iteration_rows.*,
            runs.started_at,
            nullif(epoch_us(runs.finished_at) - epoch_us(runs.started_at), 0)
                as length,
            coalesce(
                lag(iteration_rows.occurred_at ignore nulls)
                    over (order by iteration_rows.position),
                runs.started_at
            ) as began_at
        from iteration_rows
        inner join runs on iteration_rows.run_key = runs.run_key
        where runs.run_id = wanted_run
    )

    select
        position,
        iteration_index,
        role,
        status,
        notes,
        safety_status,
        in_zone(occurred_at) as occurred,
        (epoch_us(occurred_at) - epoch_us(started_at)) / 1e6 as after_seconds,
        case
            when occurred_at >= began_at
                then epoch_us(occurred_at) - epoch_us(began_at)
        end / 1e6 as took_seconds,
        case
            when
                began_at >= started_at and occurred_at >= began_at
                and epoch_us(occurred_at) - epoch_us(started_at) <= length
                then
                    (epoch_us(began_at) - epoch_us(started_at))::double / length
        end as from_share,
        case
            when
                began_at >= started_at and occurred_at >= began_at
                and epoch_us(occurred_at) - epoch_us(started_at) <= length
                then
                    (epoch_us(occurred_at) - epoch_us(started_at))::double
                    / length
        end as to_share
    from rounds
    order by position;

comment on macro table run_timeline is  -- noqa: PRS
'Rounds of one run with the time that each took. Grain: iteration.';

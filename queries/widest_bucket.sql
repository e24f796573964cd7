-- Purpose: the widest steps in UTC within which no day of the zone begins, for `told_bucket`.
-- Grain:   exactly one row.
-- Units:   minutes: 1440, 60 or 15.
-- Source:  clock.
--
-- The zone's time at each midnight in UTC decides, from the first day that a series or the calendar
-- shows to the last; ranges of more than ten years keep the quarter hour, which holds for any zone.

create or replace view widest_bucket as
with moment as materialized (
    select * from clock
),

midnights as (
    select
        timezone,
        unnest(
            generate_series(
                (least(series_first_day, series_last_day - 370) - 2)::timestamp,
                (series_last_day + 2)::timestamp,
                interval 1 day
            )
        ) as midnight
    from moment
    where series_last_day - series_first_day <= 3660
),

local_times as (
    select
        midnight,
        (midnight at time zone 'UTC') at time zone timezone as local_time
    from midnights
)

select
    coalesce(
        min(
            case
                when local_time = midnight then 1440
                when minute(local_time) = 0 then 60
                else 15
            end
        ),
        15
    )::integer as minutes
from local_times;

comment on view widest_bucket is
'The widest steps in UTC within which no day of the zone begins. Grain: one row.';
comment on column widest_bucket.minutes is
'Minutes of a step: 1440, 60 or 15.';

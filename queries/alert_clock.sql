-- Purpose: the moments and the strictness that rules for anomalies share.
-- Grain:   exactly one row.
-- Units:   days of the chosen zone; timestamps in UTC.
-- Source:  present, alert_settings.
--
-- The recent days, today and yesterday, are held against the 56 days before them: eight
-- of each weekday. The recent week is today and six days before, held against the 56 days
-- before that.

create or replace view alert_clock as
select
    present.as_of,
    present.cutoff,
    present.timezone,
    present.today,
    present.today - 1 as recent_day,
    present.today - 6 as week_day,
    ((present.today - 1)::timestamp at time zone present.timezone)
    at time zone 'UTC' as recent_start,
    ((present.today - 6)::timestamp at time zone present.timezone)
    at time zone 'UTC' as week_start,
    ((present.today - 57)::timestamp at time zone present.timezone)
    at time zone 'UTC' as recent_history_start,
    ((present.today - 62)::timestamp at time zone present.timezone)
    at time zone 'UTC' as history_start,
    case alert_settings.sensitivity
        when 'low' then 1.5
        when 'high' then 0.75
        else 1.0
    end::double as strictness,
    alert_settings.quiet_days,
    alert_settings.off
from present
cross join alert_settings;

comment on view alert_clock is
'Moments and strictness of the rules for anomalies. Grain: one row.';
comment on column alert_clock.as_of is
'The moment that is judged, UTC.';
comment on column alert_clock.cutoff is
'What began after this is left out, UTC.';
comment on column alert_clock.timezone is
'Zone in which days are cut.';
comment on column alert_clock.today is
'Day of the moment.';
comment on column alert_clock.recent_day is
'First of the two recent days: yesterday.';
comment on column alert_clock.week_day is
'First day of the recent week.';
comment on column alert_clock.recent_start is
'Start of the recent days, UTC.';
comment on column alert_clock.week_start is
'Start of the recent week, UTC.';
comment on column alert_clock.recent_history_start is
'Start of the 56 days before the recent days, UTC.';
comment on column alert_clock.history_start is
'Start of the 56 days before the recent week, UTC.';
comment on column alert_clock.strictness is
'Factor on every limit: 1.5 at low sensitivity, 1 at normal, 0.75 at high.';
comment on column alert_clock.quiet_days is
'Days of history that a subject must have before a rule speaks of it.';
comment on column alert_clock.off is
'Rules that never speak.';

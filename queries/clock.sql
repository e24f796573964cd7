-- Purpose: now, and the bounds of ranges and series that follow from it.
-- Grain:   exactly one row.
-- Units:   UTC timestamps; `today` is a day in the chosen zone.
-- Source:  told_clock where the session was told, else reckoned_clock.
--
--     set variable as_of = timestamp '2025-11-18 10:30:00';
--
-- makes every view answer as of that moment: runs and jobs that began later are
-- left out. Without it nothing is left out, not even a run whose clock was fast.
--
-- Planning it takes several milliseconds at each mention, so what a page asks is told once.

create or replace view clock as
select *
from query_table(
    case
        when getvariable('told_clock') is null then 'reckoned_clock'
        else 'told_clock'
    end
);

comment on view clock is
'Now and the bounds of periods that follow from it. Grain: one row.';
comment on column clock.as_of is
'The moment that figures stand for, UTC: variable as_of, else the system clock.';
comment on column clock.cutoff is
'What began after this is left out, UTC; infinity where as_of is not set.';
comment on column clock.timezone is
'Zone in which days and months are cut: variable timezone, else the setting.';
comment on column clock.today is
'Day of as_of in the zone.';
comment on column clock.series_first_day is
'First day of the series.';
comment on column clock.series_last_day is
'Last day of the series.';
comment on column clock.grain is
'''day'', ''week'' or ''month'': variable grain, else day; month where the range is longer than 3,660 days.';
comment on column clock.week_start is
'First day of weeks, from 1, Monday, to 7, Sunday: variable week_start, else 1.';
comment on column clock.range_start is
'Start of the range that filters runs, UTC; null where it is open.';
comment on column clock.range_end is
'End of the range that filters runs, left out, UTC; null where it is open.';
comment on column clock.has_range is
'Whether runs are filtered by their start.';
comment on column clock.series_start is
'Start of the series, UTC.';
comment on column clock.series_end is
'End of the series, left out, UTC.';
comment on column clock.previous_start is
'Start of the previous period, as long as the series, UTC.';
comment on column clock.previous_end is
'End of what is compared of the previous period, left out, UTC.';
comment on column clock.previous_first_day is
'First day of the previous period.';
comment on column clock.previous_last_day is
'Last day of what is compared of the previous period.';
comment on column clock.is_partial is
'Whether the series reaches beyond now, so that it will grow.';

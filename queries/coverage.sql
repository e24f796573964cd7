-- Purpose: what figures under the present filters cover, and which runs they leave out.
-- Grain:   exactly one row.
-- Units:   runs; UTC, days of the chosen zone.
-- Source:  clock, index_info, runs, matching_runs, in_range, has_begun, ingest_issues.
--
-- Every report and every file says this of itself. All indexed runs are either counted
-- or in just one of the four reasons.

create or replace view coverage as
with matching as (
    select
        in_range(started_at) as is_counted,
        started_at is null as is_undated,
        cost_usd is null as is_cost_unknown,
        total_tokens is null as is_tokens_unknown
    from matching_runs
),

counted as (
    select
        count(*) as matching_runs,
        count(*) filter (where is_undated) as undated_runs,
        count(*) filter (where is_counted) as runs,
        count(*) filter (
            where is_counted and is_cost_unknown
        ) as cost_unknown_runs,
        count(*) filter (
            where is_counted and is_tokens_unknown
        ) as tokens_unknown_runs
    from matching
),

indexed as (
    select
        count(*) as runs,
        count(*) filter (where not has_begun(started_at)) as later_runs
    from runs
),

unread as (
    select count(distinct path) as files from ingest_issues
    where severity = 'error'
)

select
    clock.as_of,
    clock.timezone,
    clock.week_start,
    case when clock.has_range then clock.series_first_day end as first_day,
    case when clock.has_range then clock.series_last_day end as last_day,
    clock.range_start,
    clock.range_end,
    index_info.snapshot,
    indexed.runs as indexed_runs,
    counted.runs as counted_runs,
    indexed.later_runs,
    indexed.runs - indexed.later_runs - counted.matching_runs as filtered_runs,
    case when clock.has_range then counted.undated_runs else 0 end
        as undated_runs,
    counted.matching_runs - counted.runs
    - case when clock.has_range then counted.undated_runs else 0 end
        as outside_runs,
    counted.cost_unknown_runs,
    counted.tokens_unknown_runs,
    unread.files as unreadable_files
from clock
cross join index_info
cross join indexed
cross join counted
cross join unread;

comment on view coverage is
'What figures under the present filters cover, and which runs they leave out. Grain: one row.';
comment on column coverage.as_of is
'The moment that figures stand for, UTC.';
comment on column coverage.timezone is
'Zone in which days and months are cut.';
comment on column coverage.week_start is
'First day of weeks, from 1, Monday, to 7, Sunday.';
comment on column coverage.first_day is
'First day of the range; null where runs of any time count.';
comment on column coverage.last_day is
'Last day of the range; null where runs of any time count.';
comment on column coverage.range_start is
'Start of the range, UTC; null where it is open.';
comment on column coverage.range_end is
'End of the range, left out, UTC; null where it is open.';
comment on column coverage.snapshot is
'Number of the snapshot that was asked.';
comment on column coverage.indexed_runs is
'Runs of the index.';
comment on column coverage.counted_runs is
'Runs that the figures are made of.';
comment on column coverage.later_runs is
'Runs left out because they began after as_of.';
comment on column coverage.filtered_runs is
'Runs left out by the filters other than the range.';
comment on column coverage.undated_runs is
'Runs left out of the range because their start is unknown.';
comment on column coverage.outside_runs is
'Runs left out because they began outside the range.';
comment on column coverage.cost_unknown_runs is
'Counted runs whose cost is unknown, so that sums of cost leave them out.';
comment on column coverage.tokens_unknown_runs is
'Counted runs whose tokens are unknown, so that sums of tokens leave them out.';
comment on column coverage.unreadable_files is
'Files that could not be taken, so that their runs are not in the index.';

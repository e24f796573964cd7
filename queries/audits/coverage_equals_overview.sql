-- Rule: What a report says it covers is what the overview counts.
-- Returns the rows that break it.

select
    coverage.counted_runs,
    coverage.cost_unknown_runs,
    coverage.tokens_unknown_runs,
    coverage.unreadable_files,
    overall_summary.total_runs
from coverage
cross join overall_summary
where
    coverage.counted_runs != overall_summary.total_runs
    or coverage.cost_unknown_runs != overall_summary.cost_unknown_runs
    or coverage.tokens_unknown_runs != overall_summary.tokens_unknown_runs
    or coverage.unreadable_files != overall_summary.unreadable_files;

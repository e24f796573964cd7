-- Rule: Each run has exactly one QA outcome.
-- Returns the rows that break it.

select
    qa_summary.*,
    overall_summary.total_runs
from qa_summary
cross join overall_summary
where
    qa_summary.total_qa_runs + qa_summary.qa_not_run
    != overall_summary.total_runs
    or qa_summary.qa_other < 0;

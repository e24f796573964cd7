"""Queries to begin with on the SQL page. A test runs each of them."""

EXAMPLES: tuple[tuple[str, str], ...] = (
    (
        "Cost by project",
        """select project_name, count(*) as runs, sum(cost_usd) as cost
from run_facts
group by project_name
order by cost desc nulls last""",
    ),
    (
        "Cost by day",
        """select date, runs, cost, qa_passed, qa_failed
from timeseries_daily
order by date""",
    ),
    (
        "Dearest runs, and whether they were worth it",
        """select run_id, project_name, cost_usd, qa_status, final_status, started_at
from run_facts
order by cost_usd desc nulls last
limit 20""",
    ),
    (
        "Money spent on runs that failed QA",
        """select project_name, count(*) as runs, sum(cost_usd) as cost
from run_facts
where qa_status = 'failed'
group by project_name
order by cost desc""",
    ),
    (
        "Cost per call by role",
        """select
    role,
    sum(cost_usd) as cost,
    sum(calls) as calls,
    sum(cost_usd) / sum(calls) as cost_per_call
from role_facts
group by role
order by cost desc""",
    ),
    (
        "Estimate against cost",
        """select
    run_id, project_name, estimated_cost_usd, cost_usd,
    cost_usd - estimated_cost_usd as over_estimate
from run_facts
where estimated_cost_usd is not null
order by over_estimate desc
limit 50""",
    ),
    (
        "Jobs that failed",
        """select job_id, project_name, error, run_id, run_cost_usd, running_seconds
from job_list
where state = 'failed'
order by changed_at desc""",
    ),
    (
        "What QA finds most",
        """select category, severity, message, count(*) as findings, count(distinct run_id) as runs
from qa_issues
group by all
order by findings desc
limit 50""",
    ),
    (
        "Runs by hour of the day",
        """select hour(in_zone(started_at)) as hour_of_day, count(*) as runs
from run_facts
where started_at is not null
group by hour_of_day
order by hour_of_day""",
    ),
    (
        "What could not be read",
        """select severity, place, reason, files, example, last_seen
from issue_groups""",
    ),
)

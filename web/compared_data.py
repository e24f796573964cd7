"""The views and macros of comparisons and of the cost of quality, column by column."""

from web.datasets import COST, DATE, NO_COST, Column, Dataset

COMPARISON = Dataset(
    "comparison",
    "compare",
    "Two sides, figure by figure.",
    (
        Column("figure", "Figure", "text"),
        Column("a_value", "A", "number", nullable=True),
        Column("a_low", "A, low", "number", nullable=True),
        Column("a_high", "A, high", "number", nullable=True),
        Column("a_known", "Runs behind A"),
        Column("a_unknown", "Unknown in A"),
        Column("b_value", "B", "number", nullable=True),
        Column("b_low", "B, low", "number", nullable=True),
        Column("b_high", "B, high", "number", nullable=True),
        Column("b_known", "Runs behind B"),
        Column("b_unknown", "Unknown in B"),
        Column("difference", "Difference", "number", nullable=True),
        Column("ratio", "Relative", "rate", nullable=True),
        Column("difference_low", "Difference, low", "number", nullable=True),
        Column("difference_high", "Difference, high", "number", nullable=True),
        Column("verdict", "Verdict", "text", nullable=True),
    ),
)
_CONTRIBUTIONS = (
    Column("change", "Change", "money"),
    Column("more_runs", "More runs", "money"),
    Column("more_tokens", "Tokens per run", "money"),
    Column("dearer_tokens", "Price of tokens", "money"),
    Column("dearer_runs", "Cost per run", "money"),
)
DRIVERS = Dataset(
    "cost_drivers",
    "drivers",
    "What drove a difference of cost.",
    (
        Column("project_name", "Project", "text", nullable=True),
        Column("model", "Model", "text", nullable=True),
        Column("role", "Role", "text", nullable=True),
        Column("a_cost", "A", "money"),
        Column("b_cost", "B", "money"),
        *_CONTRIBUTIONS,
        Column("a_runs", "Runs of A"),
        Column("b_runs", "Runs of B"),
        Column("a_tokens", "Tokens of A", nullable=True),
        Column("b_tokens", "Tokens of B", nullable=True),
    ),
)
TOTALS = Dataset(
    "driver_totals",
    "drivers",
    "A difference of cost and its contributions.",
    (
        Column("a_cost", "A", "money"),
        Column("b_cost", "B", "money"),
        *_CONTRIBUTIONS,
        Column("parts", "Parts"),
    ),
)
# Both of them at once, the total first: asking for each would do all the work twice.
DROVE = Dataset(
    "drivers_and_total",
    "drivers",
    "A difference of cost and what drove it.",
    (
        *TOTALS.columns[:-1],
        Column("parts", "Parts", nullable=True),
        *(column for column in DRIVERS.columns if column.key not in TOTALS.keys),
    ),
)

QUALITY = Dataset(
    "quality_costs",
    "quality-costs",
    "What quality costs, by project, model, mode or all.",
    (
        Column("part", "Part", "text"),
        Column("runs", "Runs"),
        Column("cost", "Cost (USD)", "money"),
        Column("cost_unknown_runs", "Cost unknown"),
        Column("passed_runs", "Passed"),
        Column("judged_runs", "Judged"),
        Column("pass_rate", "Pass rate", "rate", nullable=True),
        Column("cost_per_passed", "Cost per passed run", "money", nullable=True),
        Column("cost_of_passed", "Mean cost of a passed run", "money", nullable=True),
        Column("failed_cost", "Failed QA", "money"),
        Column("unfinished_cost", "Not finished", "money"),
        Column("lost_cost", "Both", "money"),
        Column("lost_share", "Share of cost", "rate", nullable=True),
        Column("rounds_of_passed", "Rounds of a passed run", "number", nullable=True),
    ),
)
QUALITY_SERIES = Dataset(
    "quality_series",
    "quality-series",
    "Cost by what became of the runs, over time.",
    (
        DATE,
        Column("passed_cost", "Passed", "money"),
        Column("warning_cost", "Warning", "money"),
        Column("failed_cost", "Failed QA", "money"),
        Column("error_cost", "QA error", "money"),
        Column("not_run_cost", "No QA", "money"),
        Column("other_cost", "Other QA", "money"),
        Column("not_finished_cost", "Not finished", "money"),
        Column("runs", "Runs"),
        NO_COST,
    ),
)
ROUNDS = Dataset(
    "rounds_summary",
    "rounds",
    "Runs by the rounds that they took.",
    (
        Column("rounds", "Rounds", nullable=True),
        Column("runs", "Runs"),
        Column("passed_runs", "Passed"),
        Column("judged_runs", "Judged"),
        Column("pass_rate", "Pass rate", "rate", nullable=True),
        COST,
        Column("cost_per_run", "Cost per run", "money", nullable=True),
        NO_COST,
    ),
)

# Those with a route like the panels'.
ROUTED = (QUALITY_SERIES, ROUNDS)

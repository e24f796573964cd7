"""The panels of the overview: which figures each shows, as which chart, with which table.

A panel picks columns of a dataset and names the form; `chart` arranges rows for
`static/charts.js`. Where there is nothing to draw it says why instead. Adding one is
an entry in `PANELS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask

from web import datasets
from web.datasets import Column, Dataset, Row
from web.links import Links

Spec = dict[str, Any]
UNATTRIBUTED = "not attributed"
# Rows of a table on a page; files and routes have all of them.
SHOWN_ROWS = 100
SHOWN_BARS = 12
# A sum, and the columns that count what it leaves out and what there is.
_UNKNOWN = {
    "cost": ("cost_unknown_runs", "runs"),
    "tokens": ("tokens_unknown_runs", "runs"),
}


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. `keys` are the columns of its table; `chart` gives None where nothing is to
    be drawn, and then `blank` is shown."""

    name: str
    title: str
    label: str
    data: Dataset
    keys: tuple[str, ...]
    chart: Callable[[list[Row], Links], Spec | None]
    blank: str = "Nothing in this period."
    about: str = ""
    wide: bool = False
    drawn: bool = True

    def columns(self) -> list[Column]:
        """Those that the table shows, in its order."""
        known = {column.key: column for column in self.data.columns}
        return [known[key] for key in self.keys]


def shown(row: Row, key: str) -> Any:
    """What a row has there; None where all that it would sum is unknown."""
    counts = _UNKNOWN.get(key)
    for unknown, whole in (counts, (counts[0].replace("runs", "uses"), "uses")) if counts else ():
        if row.get(unknown) and row[unknown] == row.get(whole):
            return None
    return row[key]


def name_of(row: Row) -> str:
    """What a row is called: its model, role or outcome, or that it has none."""
    kind = row.get("kind")
    if kind == "rest":
        models = row.get("models")
        return f"{models} other models" if models else "other models"
    if kind == "unattributed":
        return UNATTRIBUTED
    keys = ("model_name", "role", "outcome", "part", "date")
    return next((str(row[key]) for key in keys if row.get(key)), "unknown")


def address_of(row: Row, links: Links) -> str | None:
    """Where a click on the row leads: to this page, narrowed to it."""
    if row.get("kind") in ("rest", "unattributed"):
        return None
    for key, parameter in (("model_name", "model"), ("role", "role"), ("outcome", "status")):
        if row.get(key) and "date" not in row:
            return links.narrowed(parameter, row[key])
    return links.period(row["date"]) if "date" in row else None


def over_time(rows: list[Row], links: Links, **more: Any) -> Spec:
    """A chart whose places are the periods of the series."""
    return {
        "type": "line",
        "labels": [row["date"][5:] for row in rows],
        "titles": [row["date"] for row in rows],
        "links": [links.period(row["date"]) for row in rows],
        **more,
    }


def series_of(rows: list[Row], key: str, name: str, colour: str, **more: Any) -> Spec:
    """One series of a chart from a column."""
    return {"name": name, "colour": colour, "values": [shown(row, key) for row in rows], **more}


def cost_chart(rows: list[Row], links: Links) -> Spec | None:
    """Purple, as the specification wants it."""
    series = [series_of(rows, "cost", "Cost", "violet")]
    return over_time(rows, links, unit="usd", series=series) if any_of(rows, "runs") else None


def runs_chart(rows: list[Row], links: Links) -> Spec | None:
    """Green, as the specification wants it."""
    series = [series_of(rows, "runs", "Runs", "green")]
    return over_time(rows, links, unit="count", series=series) if any_of(rows, "runs") else None


def token_chart(rows: list[Row], links: Links) -> Spec | None:
    """Bars of the three parts, and marks for the runs that nobody counted."""
    series = [
        series_of(rows, "input_tokens", "Input", "c2"),
        series_of(rows, "output_tokens", "Output", "c1"),
        series_of(rows, "unsplit_tokens", "Not split", "c9"),
    ]
    if any_of(rows, "tokens_unknown_runs"):
        marks = [row["tokens_unknown_runs"] or None for row in rows]
        name = "Runs of unknown tokens"
        series.append(
            {"name": name, "colour": "red", "values": marks, "type": "line", "dots": True}
            | {"axis": "right", "unit": "count"}
        )
    if not any_of(rows, "runs"):
        return None
    return over_time(rows, links, unit="count", stacked=True, series=series) | {"type": "bar"}


def qa_chart(rows: list[Row], links: Links) -> Spec | None:
    """The rate, with a gap where no run was judged."""
    if all(row["qa_pass_rate"] is None for row in rows):
        return None
    series = [series_of(rows, "qa_pass_rate", "Pass rate", "c3", fill=False)]
    return over_time(rows, links, unit="rate", most=1, series=series)


def model_area(rows: list[Row], links: Links) -> Spec | None:
    """One area a part, the dearest at the bottom, stacked to the cost of the period."""
    if not any_of(rows, "cost"):
        return None
    parts = {row["place"]: name_of(row) for row in rows}
    days = [row for row in rows if row["place"] == rows[0]["place"]]
    series = [
        series_of([row for row in rows if row["place"] == place], "cost", name, f"c{place}")
        for place, name in parts.items()
    ]
    return over_time(days, links, unit="usd", stacked=True, series=series)


def model_donut(rows: list[Row], links: Links) -> Spec | None:
    """Shares of the cost."""
    if not any_of(rows, "cost"):
        return None
    shares = [row["cost_share"] for row in rows]
    return _parts(rows, links, "cost", "usd", "doughnut") | {"shares": shares}


def usage_bars(rows: list[Row], links: Links) -> Spec | None:
    """Runs that used each model."""
    used = [row for row in rows if row["uses"]]
    return _parts(used, links, "uses", "count", "bar") if used else None


def role_bars(rows: list[Row], links: Links) -> Spec | None:
    """Cost by role."""
    placed = [row | {"place": min(place, 8)} for place, row in enumerate(rows, 1)]
    return _first_bars(placed, links, "cost", "usd") if any_of(rows, "cost") else None


def outcome_bars(rows: list[Row], links: Links) -> Spec | None:
    """Runs by how they ended: green came to their end, yellow did not, grey unknown."""
    colours = {True: "green", False: "yellow", None: "grey"}
    spec = _first_bars(rows, links, "runs", "count")
    spec["series"][0]["colours"] = [colours[row["finished"]] for row in rows[:SHOWN_BARS]]
    return spec if rows else None


def job_bars(rows: list[Row], links: Links) -> Spec | None:
    """Bars of what became of the jobs."""
    series = [
        series_of(rows, "completed", "Completed", "green"),
        series_of(rows, "failed", "Failed", "red"),
        series_of(rows, "open", "Others", "grey"),
    ]
    if not any_of(rows, "jobs"):
        return None
    return over_time(rows, links, unit="count", stacked=True, series=series) | {"type": "bar"}


def no_chart(rows: list[Row], links: Links) -> Spec | None:
    """For what the page draws itself."""
    return {} if any_of(rows, "runs") else None


def _first_bars(rows: list[Row], links: Links, key: str, unit: str) -> Spec:
    """The longest bars; `left_out` says how many further ones there are."""
    spec = _parts(rows[:SHOWN_BARS], links, key, unit, "bar")
    return spec | ({"left_out": len(rows) - SHOWN_BARS} if len(rows) > SHOWN_BARS else {})


def _parts(rows: list[Row], links: Links, key: str, unit: str, kind: str) -> Spec:
    colours = [f"c{row.get('place', 1)}" for row in rows]
    values = {"name": "", "values": [row[key] for row in rows], "colours": colours}
    return {
        "type": kind,
        "unit": unit,
        "horizontal": kind == "bar",
        "labels": [name_of(row) for row in rows],
        "links": [address_of(row, links) for row in rows],
        "series": [values],
    }


def any_of(rows: list[Row], key: str) -> bool:
    """Whether any row has something there."""
    return any(row[key] for row in rows)


PANELS = (
    Panel("cost", "Cost over time", "Cost in USD", datasets.TIMESERIES,
          ("date", "cost", "cost_unknown_runs", "runs"), cost_chart),
    Panel("runs", "Runs over time", "Runs", datasets.TIMESERIES,
          ("date", "runs", "avg_duration_seconds"), runs_chart),
    Panel("model-series", "Cost by model over time", "Cost by model", datasets.MODEL_SERIES,
          ("date", "model_name", "cost", "uses", "cost_unknown_uses"), model_area,
          blank="No cost is known in this period."),
    Panel("model-shares", "Cost by model", "Cost by model", datasets.MODEL_SHARES,
          ("model_name", "cost", "cost_share", "cost_unknown_uses"), model_donut,
          blank="No cost is known."),
    Panel("token-trend", "Tokens over time", "Tokens by direction", datasets.TOKEN_TREND,
          ("date", "input_tokens", "output_tokens", "unsplit_tokens", "tokens_unknown_runs"),
          token_chart),
    Panel("usage", "Model usage", "Runs that used each model", datasets.MODEL_SHARES,
          ("model_name", "uses", "usage_share", "tokens", "tokens_unknown_uses"), usage_bars,
          blank="No run names its models."),
    Panel("qa-trend", "QA pass rate over time", "QA pass rate", datasets.TIMESERIES,
          ("date", "qa_pass_rate", "qa_passed", "qa_warning", "qa_failed", "qa_error",
           "qa_not_run"), qa_chart,
          blank="Not measured: QA judged no run in this period."),
    Panel("outcomes", "Run outcomes", "Runs by final status", datasets.OUTCOMES,
          ("outcome", "finished", "runs", "run_share", "cost", "cost_unknown_runs"),
          outcome_bars, blank="No runs."),
    Panel("roles", "Cost by role", "Cost by role", datasets.ROLES,
          ("role", "cost", "cost_share", "calls", "runs", "cost_unknown_runs"), role_bars,
          blank="No cost is known of any role."),
    Panel("jobs", "Jobs over time", "Jobs by status", datasets.JOB_SERIES,
          ("date", "jobs", "completed", "failed", "open"), job_bars,
          blank="No jobs in this period."),
    Panel("calendar", "Spend by day", "Cost of each day", datasets.CALENDAR,
          ("date", "cost", "cost_unknown_runs", "runs"), no_chart,
          wide=True, drawn=False),
)  # fmt: skip


def register(app: Flask) -> None:
    """Make what tables need known to the templates."""
    names = {"name_of": name_of, "address_of": address_of, "shown_of": shown}
    app.context_processor(lambda: names | {"shown_rows": SHOWN_ROWS})

"""`runmeter report`: the figures of the routes as tables in the terminal, JSON or CSV."""

import json
from typing import TYPE_CHECKING, Any

import click

from indexer.config import Layout
from indexer.errors import UsageError
from indexer.filter_options import chosen, filter_options
from indexer.filters import Filters

if TYPE_CHECKING:
    from indexer.reports import Report

# As in `reports.KINDS`, which knows the database; a test holds them together.
KINDS = (
    "daily", "weekly", "monthly", "projects", "models", "roles", "jobs", "budget", "compare",
)  # fmt: skip
GRAINS = {"daily": "day", "weekly": "week", "monthly": "month"}
DEFAULT_ROWS = 50
_COMPARED = {"by": "by", "a": "a", "b": "b", "with_since": "with_from", "with_until": "with_to"}


@click.command()
@click.argument("kind", metavar="[KIND]", default="daily", type=click.Choice(KINDS))
@filter_options
@click.option("--order", type=click.Choice(["asc", "desc"]), help="Series begin with the oldest.")
@click.option("--rows", type=click.IntRange(1, 100_000), default=DEFAULT_ROWS, show_default=True,
              help="Of jobs: at most so many.")  # fmt: skip
@click.option("--by", metavar="WAY", help="compare: period, week, month, range, project, model …")
@click.option("--a", metavar="NAME", help="compare: the first value.")
@click.option("--b", metavar="NAME", help="compare: the second value.")
@click.option("--with-since", metavar="DAY", help="compare --by range: the other range from here")
@click.option("--with-until", metavar="DAY", help="compare --by range: to here, included.")
@click.option("--compact", is_flag=True, help="Only the columns that matter most.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print as CSV, all columns.")
@click.pass_obj
def report(
    layout: Layout,
    /,
    kind: str,
    order: str | None,
    rows: int,
    compact: bool,
    as_json: bool,
    as_csv: bool,
    **given: Any,
) -> None:
    """A report: daily, weekly, monthly, projects, models, roles, jobs, budget or compare.

    Without a KIND, daily.
    """
    if as_json and as_csv:
        raise UsageError("--json, --csv: found both, allowed: one")
    compared = {name: given[key] for key, name in _COMPARED.items() if given[key]}
    if compared and kind != "compare":
        raise UsageError(f"--{next(iter(compared))} goes with the report compare")
    from indexer.asking import refresh

    refresh(layout)
    filters = chosen(layout, given, GRAINS.get(kind))
    found = _report(layout, kind, filters, order, compared, rows)
    if as_json:
        click.echo(json.dumps(found.document(), indent=2))
    elif as_csv:
        from indexer.reports import TABLES
        from indexer.terminal import print_csv

        print_csv(found.rows, [column.key for column in TABLES[kind].columns])
    else:
        from indexer.report_view import show

        show(found, compact)


def _report(
    layout: Layout,
    kind: str,
    filters: Filters,
    order: str | None,
    compared: dict[str, str],
    rows: int,
) -> "Report":
    """From the dashboard where one is up, which takes less time, else from the snapshot."""
    from indexer import reports, served
    from indexer.asking import asked, effective

    if kind != "compare" and not layout.lake and effective(filters) == filters:
        document = served.report(layout, kind, filters, order, rows)
        if document is not None:
            return reports.Report(
                kind, document["coverage"], document["rows"], document["total"] or None
            )
    with asked(layout, filters) as connection:
        return reports.report(connection, kind, filters, order, compared, rows)

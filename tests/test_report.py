"""`runmeter report`: what the routes say, in any width, harmless."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from rich.cells import cell_len

from indexer import cli_report, reports
from indexer.asking import asked
from indexer.cli import main
from indexer.config import Layout
from indexer.filter_options import chosen
from indexer.filters import LISTS, Filters
from indexer.report_view import show
from tests.helpers import assert_same, snapshot
from tests.reporting import AS_OF, make_index
from tests.test_panel_figures import PROJECTS, QA
from web import create_app

# Kind of report -> its route, and where the rows are in the answer.
ROUTES = {
    "daily": ("timeseries?grain=day", "daily"),
    "weekly": ("timeseries?grain=week", "daily"),
    "monthly": ("timeseries?grain=month", "daily"),
    "projects": ("projects?", None),
    "models": ("models?", None),
    "roles": ("roles?", "rows"),
    "jobs": ("jobs?rows=50", "rows"),
    "budget": ("budgets?", "rows"),
    "compare": ("compare?", "rows"),
}
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"range": "30d", "week_start": "sunday", "tz": "Asia/Kathmandu"},
    {"from": "2025-08-20", "to": "2025-10-02", "project": ["alpha", "it's"], "q": "fix"},
    {"model": ["big"], "role": ["manager"], "mode": ["2loop"], "tz": "Asia/Tokyo"},
    {"qa": ["not_run", "failed"], "status": ["unknown", "success"]},
    {"project": ["nobody's"]},
)
OPTIONS = {"from": "since", "to": "until", "tz": "timezone", "q": "search"}
ESCAPE = "\x1b"


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return make_index(tmp_path_factory.mktemp("reports"))


@pytest.fixture
def client(layout: Layout) -> Iterator[FlaskClient]:
    app = create_app(layout.root, layout.database)
    yield app.test_client()
    app.extensions["runmeter"].close()


def run(layout: Layout, *arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(
        main, ["--root", str(layout.root), "report", *arguments], env=environment
    )


def options(given: dict[str, Any]) -> list[str]:
    found = []
    for name, values in given.items():
        option = f"--{OPTIONS.get(name, name).replace('_', '-')}"
        for value in values if isinstance(values, list) else [values]:
            found += [option, value]
    return found


def document(layout: Layout, kind: str, *more: str) -> dict[str, Any]:
    done = run(layout, kind, "--json", "--as-of", AS_OF, *more)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("given", FILTERS, ids=str)
def test_a_report_says_what_the_route_says(
    layout: Layout, client: FlaskClient, given: dict[str, Any]
) -> None:
    for kind, (address, key) in ROUTES.items():
        found = gathered(layout, kind, given).document()
        path, _, own = address.partition("?")
        query = dict([own.split("=")] if own else []) | given | {"as_of": AS_OF}
        answer = client.get(f"/api/analytics/{path}", query_string=query)
        expected = answer.get_json()
        assert answer.status_code == 200, expected
        assert found["rows"] == (expected[key] if key else expected), kind
        assert_adds_up(found)


def gathered(layout: Layout, kind: str, given: dict[str, Any]) -> reports.Report:
    """What the command gathers for these options, without a process or a pass."""
    command = cli_report.report
    arguments = [kind, *options(given), "--as-of", AS_OF]
    typed = command.make_context("report", arguments, obj=layout).params
    filters = chosen(layout, typed, cli_report.GRAINS.get(kind))
    with asked(layout, filters) as connection:
        return reports.report(connection, kind, filters, most=typed["rows"])


def assert_adds_up(found: dict[str, Any]) -> None:
    """The total is that of the rows, and every indexed run is accounted for."""
    covers = found["coverage"]
    reasons = ("counted_runs", "later_runs", "filtered_runs", "undated_runs", "outside_runs")
    assert sum(covers[key] for key in reasons) == covers["indexed_runs"]
    if found["report"] not in ("jobs", "budget", "compare"):
        for key in ("cost", "total_cost", "cost_unknown_runs", "tokens", "total_tokens"):
            known = [row[key] for row in found["rows"] if row.get(key) is not None]
            if any(key in row for row in found["rows"]):
                total = float(found["total"][key.removeprefix("total_")])
                assert_same(float(sum(known)), total, f"{found['report']} {key}")


def test_kinds_are_those_of_the_database_side() -> None:
    assert cli_report.KINDS == reports.KINDS == tuple(ROUTES)


def test_columns_are_those_of_the_views(layout: Layout) -> None:
    with snapshot(layout) as connection:
        for table in {id(table): table for table in reports.TABLES.values()}.values():
            if table.view == "comparison":
                continue  # a macro; the report of it above would fail
            described = connection.execute(f"describe {table.view}").fetchall()
            assert {row[0] for row in described} == {c.key for c in table.columns}, table.name
            assert connection.execute(table.query).fetchall() is not None


@pytest.mark.parametrize("kind", ROUTES)
def test_tables_fit_any_width_and_are_harmless(
    layout: Layout, kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = gathered(layout, kind, {})
    headings: list[str] = []
    for width, compact in ((30, False), (47, False), (80, False), (200, True), (200, False)):
        monkeypatch.setenv("COLUMNS", str(width))
        show(found, compact)
        printed = capsys.readouterr().out
        assert max(map(cell_len, printed.splitlines())) <= width, (kind, width)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", printed)
        assert not re.search(r"\d…", printed), "only names are cut"
        headings.append(printed.split("─")[0])
    assert len(headings[0].split()) <= len(headings[3].split()) <= len(headings[4].split())


def test_numbers_are_never_cut(layout: Layout) -> None:
    total = document(layout, "projects")["total"]
    for width in (30, 120):
        done = run(layout, "projects", "--as-of", AS_OF, COLUMNS=str(width))
        assert re.search(rf"Total +.*\${total['cost']:,.2f}", done.stdout), done.stdout


def test_without_a_kind_it_is_that_of_days(layout: Layout) -> None:
    given = ("--range", "30d", "--as-of", AS_OF)
    assert run(layout, *given).stdout == run(layout, "daily", *given).stdout != ""


def test_order_turns_the_rows(layout: Layout) -> None:
    def column(kind: str, key: str, *more: str) -> list[Any]:
        return [row[key] for row in document(layout, kind, *more)["rows"]]

    days, costs = column("weekly", "date"), column("models", "total_cost")
    assert days == sorted(days)
    assert costs == sorted(costs, reverse=True)
    assert column("weekly", "date", "--order", "desc") == days[::-1]
    assert column("models", "total_cost", "--order", "asc") == costs[::-1]


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        (["--since", "7d"], "2025-11-12", "2025-11-18"),
        (["--since", "last-month"], "2025-10-01", "2025-11-18"),
        (["--until", "last-month", "--since", "2025-10-30"], "2025-10-30", "2025-10-31"),
        (["--range", "last-month"], "2025-10-01", "2025-10-31"),
        (["--since", "today", "--timezone", "Pacific/Auckland"], "2025-11-18", "2025-11-18"),
    ],
)
def test_named_bounds(layout: Layout, given: list[str], first: str, last: str) -> None:
    covers = document(layout, "daily", *given)["coverage"]
    assert (covers["first_day"], covers["last_day"]) == (first, last)


def test_weeks_begin_on_the_chosen_day(layout: Layout) -> None:
    rows = document(layout, "weekly", "--week-start", "sunday", "--range", "30d")["rows"]
    assert [row["date"] for row in rows][:2] == ["2025-10-19", "2025-10-26"]
    with snapshot(layout, AS_OF) as connection:
        Filters.parse({"week_start": ["sunday"], "grain": ["week"]}).apply(connection)
        found = connection.execute("select distinct dayname(date) from timeseries_daily")
        assert found.fetchall() == [("Sunday",)]


def test_csv_keeps_formulas_text(layout: Layout) -> None:
    lines = run(layout, "projects", "--csv", "--as-of", AS_OF).stdout
    assert PROJECTS[3] == "=1+1"
    assert "\n'=1+1," in lines
    empty = run(layout, "projects", "--csv", "--project", "nobody's").stdout
    assert empty.startswith("project_name,runs_count,")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["daily", "--since", "soon"], "from: found 'soon', allowed: an ISO 8601 time"),
        (["daily", "--json", "--csv"], "allowed: one"),
        (["daily", "--by", "month"], "--by goes with the report compare"),
        (["compare", "--by", "moon"], "by: found 'moon', allowed: period"),
        (["yearly"], "'yearly' is not one of"),
    ],
)
def test_what_cannot_be_used_exits_2(layout: Layout, given: list[str], words: str) -> None:
    done = run(layout, *given)
    assert done.exit_code == 2
    assert words in done.stderr


def test_colour_is_for_terminals_that_want_it(layout: Layout) -> None:
    assert ESCAPE not in run(layout, "models", "--compact").stdout
    assert ESCAPE in run(layout, "models", FORCE_COLOR="1", TERM="xterm").stdout
    plain = run(layout, "models", FORCE_COLOR="1", TERM="xterm", NO_COLOR="1").stdout
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", plain)


def test_filters_of_the_routes_are_options() -> None:
    names = {option for param in cli_report.report.params for option in param.opts}
    assert {f"--{name}" for name in LISTS} <= names
    assert "not_run" in {value or "not_run" for value in QA}

"""The routes as a client sees them: keys, moments, caching, errors, downloads, security."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from indexer.config import Layout
from tests.conftest import AS_OF
from tests.helpers import index, write_config, write_run
from web import (
    budget_data,
    compared_data,
    create_app,
    datasets,
    list_api,
    record_api,
    report_api,
    schemas,
)
from web.serve import Server

KEYS = {
    "summary": "total_runs total_jobs total_tokens total_cost avg_cost_per_run"
    " avg_duration_seconds jobs_completed jobs_failed jobs_cancelled jobs_running jobs_queued"
    " runs_2loop runs_3loop qa_summary monthly_budget current_month_cost budget_remaining"
    " generated_at",
    "projects": "project_name runs_count last_run_time total_tokens total_cost"
    " avg_duration_seconds qa_passed qa_warning qa_failed qa_not_run",
    "models": "model_name total_tokens total_cost usage_count",
    "timeseries": "date runs tokens cost qa_passed qa_warning qa_failed",
    "qa": "total_qa_runs qa_passed qa_warning qa_failed qa_error qa_not_run pass_rate",
}
ROUTES = [f"/api/analytics/{name}" for name in (*KEYS, "export/json", "export/csv")]


def make_app(layout: Layout) -> Iterator[Flask]:
    app = create_app(layout.root, layout.database)
    yield app
    app.extensions["runmeter"].close()


@pytest.fixture
def app(documented: Layout) -> Iterator[Flask]:
    index(documented)
    yield from make_app(documented)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[FlaskClient]:
    for app in make_app(Layout.of(tmp_path)):
        yield app.test_client()


@pytest.mark.parametrize("name", sorted(KEYS))
def test_the_specified_keys_come_first_and_in_order(client: FlaskClient, name: str) -> None:
    found = client.get(f"/api/analytics/{name}?as_of={AS_OF}").get_json()
    found = found["daily"] if name == "timeseries" else found
    first = found[0] if isinstance(found, list) else found
    wanted = KEYS[name].split()
    if name != "summary":  # its extras stand behind, its nested part in between
        assert list(first)[: len(wanted)] == wanted
    assert [key for key in first if key in wanted] == wanted


def test_each_route_answers_as_of_a_moment(client: FlaskClient) -> None:
    for route in ROUTES:
        early = client.get(f"{route}?as_of=2025-09-01")
        late = client.get(f"{route}?as_of={AS_OF}")
        assert early.status_code == late.status_code == 200
        assert early.data != late.data, route


@pytest.mark.parametrize("route", [*ROUTES, "/analytics"])
def test_a_wrong_moment_is_named(client: FlaskClient, route: str) -> None:
    answer = client.get(f"{route}?as_of=<b>soon")
    assert answer.status_code == 400
    if route.startswith("/api/"):
        assert "'<b>soon', allowed: an ISO 8601 time" in answer.get_json()["message"]
    else:
        assert b"<b>" not in answer.data


@pytest.mark.parametrize("route", [*ROUTES, "/analytics"])
def test_an_unchanged_answer_is_not_sent_again(
    documented: Layout, client: FlaskClient, route: str
) -> None:
    url = f"{route}?as_of={AS_OF}"
    tag = client.get(url).headers["ETag"]
    again = client.get(url, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get(f"{route}?as_of=2025-01-01", headers={"If-None-Match": tag})
    assert other.status_code == 200
    write_run(documented.root, "more", {"run_id": "more"})
    index(documented)
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 200


FILTERED = "project=alpha&model=gpt-4o&from=2025-10-01&to=2025-11-10&tz=Asia/Tokyo"


def test_every_route_and_download_follows_the_filters(client: FlaskClient) -> None:
    for route in ROUTES:
        plain = client.get(f"{route}?as_of={AS_OF}")
        narrow = client.get(f"{route}?as_of={AS_OF}&{FILTERED}")
        assert narrow.status_code == 200
        assert narrow.data != plain.data, route
        assert narrow.headers["ETag"] != plain.headers["ETag"]
    wanted = "attachment; filename=runmeter-2025-10-01-to-2025-11-10-Asia-Tokyo.csv"
    answer = client.get(f"/api/analytics/export/csv?as_of={AS_OF}&{FILTERED}")
    assert answer.headers["Content-Disposition"] == wanted


def test_a_misspelt_filter_is_refused_by_the_api_and_ignored_by_pages(client: FlaskClient) -> None:
    answer = client.get("/api/analytics/summary?projekt=alpha")
    assert answer.status_code == 400
    assert answer.get_json()["message"].startswith("query: found 'projekt', allowed: range, from")
    assert client.get("/analytics?projekt=alpha").status_code == 200


@pytest.mark.parametrize(
    ("given", "tidied"),
    [
        ("q=&range=&from=&to=&project=alpha&grain=", "/analytics?project=alpha"),
        ("range=7d&from=2025-01-01&to=", "/analytics?range=7d"),
        ("range=all", "/analytics"),
        ("range=custom&from=2025-01-01&tz=", "/analytics?from=2025-01-01"),
    ],
)
def test_an_address_says_what_is_set_and_nothing_else(
    client: FlaskClient, given: str, tidied: str
) -> None:
    answer = client.get(f"/analytics?{given}")
    assert (answer.status_code, answer.headers["Location"]) == (302, tidied)
    assert client.get(tidied).status_code == 200


def test_chips_lift_one_filter_and_reset_lifts_all(client: FlaskClient) -> None:
    query = "range=last-month&project=alpha&project=%3Cb%3E&q=a%26b"
    page = client.get(f"/analytics?{query}").get_data(as_text=True)
    for link in (
        'href="/analytics?project=alpha&amp;project=%3Cb%3E&amp;q=a%26b"',
        'href="/analytics?range=last-month&amp;project=%3Cb%3E&amp;q=a%26b"',
        'href="/analytics?range=last-month&amp;project=alpha&amp;project=%3Cb%3E"',
        'href="/analytics" class="reset"',
        'href="/api/analytics/export/csv?range=last-month&amp;project=alpha',
    ):
        assert link in page, link
    assert "<b>" not in page


def test_downloads_have_a_dated_name(client: FlaskClient) -> None:
    for kind in ("json", "csv"):
        answer = client.get(f"/api/analytics/export/{kind}?as_of={AS_OF}")
        wanted = f"attachment; filename=runmeter-2025-11-18.{kind}"
        assert answer.headers["Content-Disposition"] == wanted


def test_disabled(documented: Layout, client: FlaskClient) -> None:
    write_config(documented.root, '{"analytics": {"enabled": false}}')
    index(documented)
    for route in ROUTES:
        answer = client.get(route)
        assert answer.status_code == 403
        assert "analytics.enabled is false" in answer.get_json()["message"]
    page = client.get("/analytics")
    assert page.status_code == 200
    assert b"Analytics is disabled" in page.data


def test_before_the_first_pass(empty: FlaskClient) -> None:
    for route in ROUTES:
        answer = empty.get(route)
        assert answer.status_code == 503
        assert "nothing has been indexed yet" in answer.get_json()["message"]
    page = empty.get("/analytics")
    assert page.status_code == 200
    assert b"No data yet" in page.data
    assert empty.get("/healthz").status_code == 503
    assert empty.get("/api/analytics/version").get_json() == {
        "snapshot": None,
        "data_as_of": None,
        "jobs_running": 0,
        "open_alerts": None,
    }


def test_health_and_version(client: FlaskClient) -> None:
    health = client.get("/healthz").get_json()
    assert (health["status"], health["snapshot"], health["state"]) == ("ok", 1, "stopped")
    version = client.get("/api/analytics/version").get_json()
    assert (version["snapshot"], version["jobs_running"]) == (1, 1)
    assert client.get("/").headers["Location"] == "/analytics"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(client: FlaskClient, method: str) -> None:
    answer = client.open("/api/analytics/summary", method=method)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.get_json()["code"] == 405


def test_errors_speak_the_language_of_their_place(client: FlaskClient) -> None:
    assert client.get("/api/nothing").get_json()["code"] == 404
    assert b"<h1>404" in client.get("/nothing").data


@pytest.mark.parametrize("route", ["/analytics", "/api/analytics/qa", "/static/analytics.css"])
def test_only_loopback_names_are_answered(client: FlaskClient, route: str) -> None:
    good = ("localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:1")
    bad = ("evil.example", "localhost.evil.example", "192.168.0.5", "", "[::2]")
    for host in (*good, *bad):
        with client.get(route, headers={"Host": host}) as answer:
            assert answer.status_code == (200 if host in good else 400)
            headers = answer.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_hostile_names_stay_text(documented: Layout, client: FlaskClient) -> None:
    name = "</script><script>alert(1)</script>'\"&"
    write_run(
        documented.root,
        "hostile",
        {
            "project_dir": f"x\\{name}".replace("/", "|"),
            "models_used": {"r": name},
            "cost_summary": {"total_usd": "<img src=x>", "by_role": {"r": {"total_usd": 1}}},
        },
    )
    index(documented)
    page = client.get("/analytics").get_data(as_text=True)
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert "<img src=x>" not in page


def test_the_page_says_what_it_leaves_out(client: FlaskClient) -> None:
    page = client.get(f"/analytics?as_of={AS_OF}").get_data(as_text=True)
    for text in (
        "2,092,206",
        "$62.74",
        "279.1 s",
        "52.2%",
        "$41.97",
        "$8.03 remaining",
        "Watch",
        "Tokens are unknown for 12 of 60 runs",
        "2 runs have no usable start",
        "13 2-loop",
        "32 3-loop",
    ):
        assert text in page


def test_the_page_without_a_budget_shows_no_bar(documented: Layout, client: FlaskClient) -> None:
    write_config(documented.root, "{}")
    index(documented)
    assert b"Monthly budget" not in client.get("/analytics").data


def test_the_api_keeps_to_its_description(app: Flask) -> None:
    description = app.test_client().get("/api/openapi.json").get_json()
    assert description["openapi"] == "3.1.0"
    filters = [parameter["name"] for parameter in schemas.FILTERS]
    assert list(description["components"]["parameters"]) == filters, "each is described once"
    panels = {
        f"/api/analytics/{data.route}"
        for data in (
            *datasets.ROUTED,
            *budget_data.ROUTED,
            *compared_data.ROUTED,
            *list_api.ROUTED,
            *record_api.ROUTED,
        )
    }
    panels |= {f"/api/analytics/{name}" for name in ("compare", "drivers", "quality-costs")}
    lists = {f"/api/analytics/{name}" for name in ("runs", "jobs", "export/runs", "export/jobs")}
    made = {f"/api/analytics/reports/{kind}" for kind in report_api.KINDS}
    others = {"/api/analytics/version"}
    assert set(description["paths"]) == {*ROUTES, *panels, *lists, *made, *others}
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    seen = set()
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        seen.add(operation.path)

        @settings(
            # Routes of panels are all made alike, and so are those of reports.
            max_examples=3 if operation.path in {*panels, *made} else 15,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def keeps(case: "schemathesis.Case[Any]") -> None:
            # Which values go together, and which zones there are, it cannot say.
            case.call_and_validate(excluded_checks=[positive_data_acceptance])

        keeps()
    assert seen == set(description["paths"])


def test_a_real_server_answers_and_closes_with_clients_open(documented: Layout) -> None:
    index(documented)
    server = Server(documented, 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with urllib.request.urlopen(f"{server.url}?as_of={AS_OF}") as answer:
            assert b"$62.74" in answer.read()
        port = int(server.url.split(":")[2].split("/")[0])
        held = HTTPConnection("127.0.0.1", port)
        held.request("GET", "/api/analytics/qa")
        assert json.load(held.getresponse())["total_qa_runs"] == 54
    finally:
        server.close()
        thread.join(timeout=30)
    held.close()
    assert not thread.is_alive()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(server.url)

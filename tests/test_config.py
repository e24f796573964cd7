"""The `analytics` section: what loads, and what is refused with which words."""

import os
from decimal import Decimal
from pathlib import Path
from zoneinfo import available_timezones

import duckdb
import pytest

from indexer.config import AnalyticsConfig, Layout, check_config, load_config
from indexer.errors import ConfigError
from tests.conftest import RunCli
from tests.helpers import ask, index, write_config

WITH_COMMENTS = """
{
  "analytics": {
    // Enable/disable analytics dashboard
    "enabled": true,

    // Optional monthly budget in USD (null to disable budget tracking)
    "monthly_budget": 50.0,

    // Number of days to include in time-series charts
    "timeseries_days": 30
  }
}
"""


def test_no_file_means_defaults(tmp_path: Path) -> None:
    assert load_config(Layout.of(tmp_path)) == AnalyticsConfig()


def test_comments_are_allowed(tmp_path: Path) -> None:
    write_config(tmp_path, WITH_COMMENTS)
    assert load_config(Layout.of(tmp_path)).monthly_budget == Decimal("50.0")


def test_the_file_at_the_top_is_read_where_there_is_no_other(tmp_path: Path) -> None:
    (tmp_path / "project_config.json").write_text('{"analytics": {"timeseries_days": 7}}')
    assert load_config(Layout.of(tmp_path)).timeseries_days == 7


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ('{"enabled": "yes"}', 'analytics.enabled: found "yes" (text), allowed: true or false'),
        ('{"monthly_budget": "50"}', 'analytics.monthly_budget: found "50" (text), allowed: a'),
        ('{"monthly_budget": -1}', "analytics.monthly_budget: found -1 (number)"),
        ('{"monthly_budget": true}', "analytics.monthly_budget: found true (true or false)"),
        ('{"monthly_budget": NaN}', "analytics.monthly_budget: found NaN"),
        ('{"timeseries_days": 0}', "analytics.timeseries_days: found 0 (number)"),
        ('{"timeseries_days": 2.5}', "analytics.timeseries_days: found 2.5 (number)"),
        ('{"timezone": "Mars/Olympus"}', 'analytics.timezone: found "Mars/Olympus" (text)'),
        ('{"timezone": "../../etc/passwd"}', "analytics.timezone: found"),
        ('{"timezone": "posix/Europe/Berlin"}', "analytics.timezone: found"),
        ('{"timezone": "localtime"}', "analytics.timezone: found"),
        ('{"timezone": ["UTC"]}', 'analytics.timezone: found ["UTC"] (list)'),
        ("[" * 100_000, "not JSON"),
        ("[]", "analytics: found [] (list), allowed: an object"),
        ('{"enabled": }', "not JSON"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, run_cli: RunCli, section: str, words: str) -> None:
    write_config(tmp_path, f'{{"analytics": {section}}}')
    with pytest.raises(ConfigError) as caught:
        load_config(Layout.of(tmp_path))
    assert words in str(caught.value)
    assert "project_config.json" in str(caught.value)


def test_the_command_line_says_it_in_one_line(tmp_path: Path, run_cli: RunCli) -> None:
    write_config(tmp_path, '{"analytics": {"timeseries_days": "many"}}')
    done = run_cli("--root", tmp_path, "index")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert 'timeseries_days: found "many" (text), allowed: a whole number' in done.stderr


def test_a_change_is_published_and_unknown_keys_are_reported(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    index(layout)
    write_config(tmp_path, '{"analytics": {"monthly_budget": 5, "montly": 1}, "qa": {}}')
    assert index(layout).published
    assert ask(layout, "select monthly_budget::double from settings") == [(5.0,)]
    assert ask(layout, "select place, severity from ingest_issues") == [
        ("analytics.montly", "warning")
    ]
    assert not index(layout).published


@pytest.mark.parametrize("budget", ["49.1234567", "1e-7", "999999999999"])
def test_a_budget_finer_than_its_column_is_no_endless_change(tmp_path: Path, budget: str) -> None:
    write_config(tmp_path, f'{{"analytics": {{"monthly_budget": {budget}}}}}')
    layout = Layout.of(tmp_path)
    assert index(layout).published
    assert not index(layout).published


def test_every_zone_that_is_taken_is_known_to_the_database() -> None:
    taken = []
    for name in sorted(available_timezones()):
        try:
            taken.append(check_config({"timezone": name}, "test").timezone)
        except ConfigError:
            assert name == "localtime"
    with duckdb.connect() as connection:
        for name in taken:
            connection.execute("select timestamp '2025-01-01' at time zone ?", [name])
    assert {"UTC", "Europe/Berlin", "Asia/Kathmandu"} <= set(taken)


def test_a_pipe_in_the_place_of_the_file_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "agent").mkdir()
    os.mkfifo(tmp_path / "agent" / "project_config.json")
    with pytest.raises(ConfigError, match="not a regular file"):
        load_config(Layout.of(tmp_path))


def test_a_key_of_any_characters_is_reported(tmp_path: Path) -> None:
    write_config(tmp_path, '{"analytics": {"\\ud800": 1, "\\u0000": 2}}')
    layout = Layout.of(tmp_path)
    index(layout)
    assert ask(layout, "select count(*) from ingest_issues where severity = 'warning'") == [(2,)]

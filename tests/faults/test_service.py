"""The daemon as a service: signals, settings, systemd, health."""

import configparser
import plistlib
import signal
import socket
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import click
from prometheus_client.parser import text_string_to_metric_families

from indexer import cli
from tests.conftest import Dashboard
from tests.faults.process import daemon, fill, run_document, until
from tests.helpers import index, write_config, write_run

DEPLOY = Path(__file__).parents[2] / "deploy"


def test_a_changed_setting_is_taken_up(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    write_config(tmp_path, '{"analytics": {"monthly_budget": 10}}')
    query = "select monthly_budget::int from settings"
    with daemon(tmp_path) as found:
        assert found.ask(query) == [(10,)]
        write_config(tmp_path, '{"analytics": {"monthly_budget": 20}}')
        until(lambda: found.ask(query) == [(20,)], "the new budget")
        write_config(tmp_path, '{"analytics": {"monthly_budget": "much"}}')
        until(lambda: "monthly_budget" in found.health.problem, "it is said")
        write_run(tmp_path, "later", run_document("later"))
        found.wait_for_runs(4)
        assert found.ask(query) == [(20,)]
        write_config(tmp_path, '{"analytics": {"monthly_budget": 30}}')
        until(lambda: found.ask(query) == [(30,)], "it is mended")
        until(lambda: not found.health.problem, "it is over")
        assert found.told().count("allowed: a number") == 1


def test_sighup_reads_everything_anew(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    with daemon(tmp_path) as found:
        before = found.health.last_full_pass
        found.process.send_signal(signal.SIGHUP)
        until(lambda: found.health.last_full_pass != before, "another full pass")
        assert "full pass: asked for" in found.told()
        found.stop()
        assert found.health.state == "stopped"


def test_ctrl_c_ends_it_well(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    with daemon(tmp_path) as found:
        found.process.send_signal(signal.SIGINT)
        assert found.process.wait(30) == 0
        assert "Traceback" not in found.told()


def test_systemd_is_told(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(30)
        with daemon(tmp_path, environment={"NOTIFY_SOCKET": str(address)}) as found:
            heard = [manager.recv(4096).decode() for _ in range(4)]
            found.stop()
    assert "READY=1" in heard
    assert "WATCHDOG=1\nSTATUS=watching" in heard


def test_health_and_metrics_tell_the_daemons_state(tmp_path: Path, dashboard: Dashboard) -> None:
    fill(tmp_path, 3)
    client = dashboard(tmp_path)
    with daemon(tmp_path) as found:
        health = client.get("/healthz").get_json()
        assert (health["status"], health["state"], health["events"]) == ("ok", "watching", "on")
        assert health["pid"] == found.process.pid
        metrics = samples(client.get("/metrics").text)
        assert (metrics["runmeter_daemon_up"], metrics["runmeter_runs"]) == (1, 3)
        assert metrics["runmeter_cost_usd"] == 3
        assert "runmeter_month_budget_usd" not in metrics  # not set is not zero
        found.stop()
    assert samples(client.get("/metrics").text)["runmeter_daemon_up"] == 0


def test_a_daemon_that_was_killed_is_seen_as_silent(tmp_path: Path, dashboard: Dashboard) -> None:
    fill(tmp_path, 3)
    patch = "from indexer import health\nhealth.stamp = lambda now: '2025-01-01T00:00:00.000Z'\n"
    with daemon(tmp_path, patch=patch) as found:
        found.process.kill()
    answer = dashboard(tmp_path).get("/healthz")
    assert answer.status_code == 503
    assert "silent since 2025-01-01" in answer.get_json()["status"]
    index(found.layout)
    assert dashboard(tmp_path).get("/healthz").status_code == 200


def test_forgetting_through_a_daemon(tmp_path: Path) -> None:
    import shutil

    from indexer.answering import have_done
    from indexer.requests import Forget

    fill(tmp_path, 12)
    with daemon(tmp_path) as found:
        shutil.rmtree(tmp_path / "run_logs" / "r3")
        refused = have_done(found.layout, Forget(["r3", "r4", "nobody"])).refused
        assert refused == {
            "r4": "its file is there and would bring it back: run_logs/r4/run_summary.json",
            "nobody": "no such run",
        }
        found.wait_for_runs(11)
        found.wait_for_runs(0, "run_id = 'r3'")


def samples(text: str) -> dict[str, float]:
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_unit_files_name_commands_that_exist() -> None:
    commands = []
    for path in DEPLOY.glob("*.service"):
        unit = configparser.RawConfigParser(strict=False)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read(path)
        commands.append(unit["Service"]["ExecStart"].split()[1:])
    ElementTree.parse(DEPLOY / "runmeter.plist")
    with (DEPLOY / "runmeter.plist").open("rb") as file:
        commands.append(plistlib.load(file)["ProgramArguments"][1:])
    assert len(commands) == 3
    for arguments in commands:
        group = cli.main.make_context("runmeter", list(arguments), resilient_parsing=False)
        name, command, rest = cli.main.resolve_command(group, group._protected_args + group.args)
        assert name in ("watch", "serve")
        assert isinstance(command, click.Command)
        command.make_context(name, rest, parent=group)

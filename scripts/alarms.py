"""How often the rules for anomalies speak: `python -m scripts.alarms`.

Years are made up in which nothing is wrong: projects of different size with quiet weekends,
skewed costs, growth, failures at a steady rate. Each day near its end every rule is asked;
what it says is a false alarm. Then faults are planted, one at a time into a copy
of the tables, and the rule must name the subject. Prints the table of docs/alerts.md. It
takes minutes.
"""

import argparse
import json
import math
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import duckdb

from indexer.store import Store

FIRST = date(2025, 1, 1)
WARM_UP = 70  # days before the rules are asked: their history
PRICES = {"large": 3.0, "middle": 1.0, "small": 0.25, "local": 0.05}


class Project(NamedTuple):
    """How a made-up project behaves. `spread` is that of ln(cost) of a run."""

    name: str
    runs_per_day: float
    cost: float
    spread: float
    pass_rate: float
    fail_rate: float


PROJECTS = (
    Project("shop", 12.0, 0.8, 0.6, 0.8, 0.08),
    Project("docs", 5.0, 0.3, 0.8, 0.9, 0.03),
    Project("billing", 3.0, 2.0, 0.5, 0.7, 0.15),
    Project("portal", 1.5, 1.0, 0.7, 0.6, 0.1),
    Project("mobile", 8.0, 0.5, 1.0, 0.75, 0.05),
    Project("site", 0.4, 0.4, 0.6, 0.85, 0.2),
)


class Year:
    """A year of rows in the tables of an index, without a fault."""

    def __init__(self, seed: int, days: int) -> None:
        self.store = Store()
        self.connection = self.store.connection
        self._random, self.days = random.Random(seed), days
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._run_keys = 0
        for day in range(days):
            for project in PROJECTS:
                self._add_day(project, day)
        for table, rows in self._rows.items():
            insert(self.connection, table, rows)

    def _add_day(self, project: Project, day: int) -> None:
        chance = self._random
        moment = FIRST + timedelta(days=day)
        weekend = 0.3 if moment.weekday() >= 5 else 1.0
        rate = project.runs_per_day * (0.8 + 0.4 * day / self.days) * weekend
        for _ in range(poisson(chance, rate)):
            self.add_run(project, moment)

    def add_run(self, project: Project, day: date) -> None:
        """One ordinary run with its job."""
        chance = self._random
        start = datetime.combine(day, time()) + timedelta(hours=chance.triangular(6, 23, 14))
        run_id = f"{chance.getrandbits(64):016x}"
        models = chance.sample(list(PRICES), 2)
        whole = project.cost * math.exp(chance.gauss(0, project.spread))
        part = PRICES[models[0]] / (PRICES[models[0]] + PRICES[models[1]])
        costs = [round(whole * part, 6), round(whole * (1 - part), 6)]
        end = start + timedelta(minutes=8 * math.exp(chance.gauss(0, 0.5)))
        passed = chance.random() < project.pass_rate
        failed = chance.random() < project.fail_rate
        run_key = self._run_keys = self._run_keys + 1
        self._rows["runs"].append(
            {
                "run_id": run_id,
                "run_key": run_key,
                "other_path": run_id,
                "project_name": project.name,
                "started_at": str(start),
                "finished_at": str(end),
                "final_status": "success",
                "qa_status": "passed" if passed else chance.choice(["warning", "failed"]),
                "cost_usd": sum(costs),
                "max_cost_usd": project.cost * 1000,
                "tokens_redacted": False,
                "indexed_at": str(end),
            }
        )
        for model, cost in zip(models, costs, strict=True):
            used = {"run_key": run_key, "model": model, "cost_usd": cost}
            self._rows["other_model_rows"].append(used)
        self._rows["jobs"].append(
            {
                "job_id": run_id,
                "project_name": project.name,
                "status": "failed" if failed else "completed",
                "created_at": str(start),
                "finished_at": str(end),
            }
        )


def poisson(chance: random.Random, mean: float) -> int:
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """Rows by the names of their columns."""
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
        file.flush()
        connection.execute(f"insert into {table} by name from read_json('{file.name}')")


def asked(connection: duckdb.DuckDBPyConnection, day: date) -> Iterator[tuple[str, str, str, str]]:
    """What the rules say shortly before midnight: rule, scope, subject, day."""
    connection.execute("set variable as_of = ?", [datetime.combine(day, time(23, 55))])
    yield from connection.execute(
        "select rule, scope, subject, coalesce(day::varchar, '') from anomalies"
    ).fetchall()


def false_alarms(year: Year) -> Counter[str]:
    """Alarms by rule; one that goes on day after day counts once."""
    found: Counter[str] = Counter()
    before: set[tuple[str, str, str, str]] = set()
    for day in range(WARM_UP, year.days):
        now = set(asked(year.connection, FIRST + timedelta(days=day)))
        found.update(rule for rule, *_ in now - before)
        before = now
    return found


class Fault(NamedTuple):
    """Something that a rule must see, planted by SQL with $project, $day and $model."""

    rule: str
    words: str
    statements: tuple[str, ...]
    scope: str = "project"


_RUNS = "(select run_id from runs where project_name = $project and started_at::date = $day)"
_BEFORE = "started_at::date between $day - 56 and $day - 1"  # what was usual
_WEEK = "project_name = $project and started_at::date between $day - 6 and $day"
_NEWEST = (
    "(select job_id from jobs where project_name = $project and finished_at <"
    " $day + interval 23 hours + interval 55 minutes order by finished_at desc limit {})"
)
FAULTS = (
    Fault(
        "cost_spike",
        "a project spends ten usual days more than it did",
        (
            "update runs set cost_usd = cost_usd + 10 * (select median(cost) from (select"
            f" sum(cost_usd) as cost from runs where project_name = $project and {_BEFORE}"
            f" group by started_at::date)) where run_id = (select min(run_id) from {_RUNS})",
        ),
    ),
    Fault(
        "cost_spike",
        "a model costs ten usual days more than it did",
        (
            "update other_model_rows set cost_usd = cost_usd + 10 * (select median(cost) from"
            " (select sum(used.cost_usd) as cost from other_model_rows as used join runs"
            " using (run_key)"
            f" where model = $model and {_BEFORE}"
            " group by started_at::date)) where model = $model and run_key = ("
            "select arg_min(run_key, run_id) from runs join other_model_rows using (run_key)"
            " where started_at::date = $day and model = $model)",
        ),
        "model",
    ),
    *(
        Fault(
            "costly_run",
            f"a run costs {factor} times the median of its project",
            (
                f"update runs set cost_usd = {factor} * (select median(cost_usd) from runs"
                f" where project_name = $project and {_BEFORE})"
                f" where run_id = (select min(run_id) from {_RUNS})",
            ),
            "run",
        )
        for factor in (20, 50)
    ),
    Fault(
        "qa_fall",
        "four of five runs that would pass fail, for a week",
        (
            f"update runs set qa_status = 'failed' where {_WEEK}"
            " and qa_status = 'passed' and hash(run_id) % 5 > 0",
        ),
    ),
    Fault(
        "duration_drift",
        "runs take three times as long, for a week",
        (
            "update runs set finished_at = started_at + 3 * (finished_at - started_at)"
            f" where {_WEEK}",
        ),
    ),
    Fault(
        "failed_jobs",
        "five jobs fail in a row",
        (f"update jobs set status = 'failed' where job_id in {_NEWEST.format(5)}",),
    ),
    Fault(
        "capped_run",
        "two runs of a day hit their cap",
        (
            "update runs set final_status = 'cost_cap_exceeded'"
            f" where run_id in (select * from {_RUNS} order by run_id limit 2)",
        ),
    ),
)
LEAST_RUNS = 3.0  # a day: with fewer there is too little to tell chance from a fault


def detected(year: Year, fault: Fault, tries: int, chance: random.Random) -> tuple[int, int]:
    """(how often the rule named the planted fault, how often it was planted)."""
    connection, found, planted = year.connection, 0, 0
    busy = [project.name for project in PROJECTS if project.runs_per_day >= LEAST_RUNS]
    while planted < tries:
        day = FIRST + timedelta(days=chance.randrange(WARM_UP, year.days))
        values = {"project": chance.choice(busy), "day": day, "model": chance.choice(list(PRICES))}
        runs = connection.execute(
            "select list(run_id order by run_id) from runs"
            " where project_name = ? and started_at::date = ?",
            [values["project"], day],
        ).fetchall()[0][0]
        if runs is None or len(runs) < 2:
            continue
        subject = {"project": values["project"], "model": values["model"], "run": runs[0]}
        planted += 1
        connection.execute("begin")
        for statement in fault.statements:
            used = {key: value for key, value in values.items() if f"${key}" in statement}
            connection.execute(statement, used)
        found += any(
            (rule, scope, name) == (fault.rule, fault.scope, subject[fault.scope])
            for rule, scope, name, _ in asked(connection, day)
        )
        connection.execute("rollback")
    return found, planted


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--years", type=int, default=4)
    parser.add_argument("--tries", type=int, default=100)
    options = parser.parse_args()
    years = [Year(seed, 365) for seed in range(options.years)]
    alarms: Counter[str] = Counter()
    for year in years:
        alarms += false_alarms(year)
    months = options.years * (365 - WARM_UP) / 30
    print("| rule | false alarms a month |\n|---|---|")
    for rule in sorted({fault.rule for fault in FAULTS}):
        print(f"| {rule} | {alarms[rule] / months:.2f} |")
    print("\n| rule | planted | found |\n|---|---|---|")
    for fault in FAULTS:
        found, planted = detected(years[0], fault, options.tries, random.Random(1))
        print(f"| {fault.rule} | {fault.words} | {found} of {planted} |", flush=True)


if __name__ == "__main__":
    main()

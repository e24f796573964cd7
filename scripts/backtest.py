"""How wrong the forecast of a month would have been: python -m scripts.backtest [SEED ...]

Several sample years are replayed with `as_of` on five days of each month that has both a
month before it and an end. Compared are the forecast of budget_states, the run rate (spent
so far, by the part of the month that is over) and the month before. Prints the table of
docs/forecast.md.
"""

import statistics
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from indexer import demo
from indexer.config import Layout
from indexer.filters import Filters
from indexer.ingest import Indexer
from indexer.snapshot import SnapshotReader
from indexer.times import naive_utc

NOW = datetime(2025, 11, 26, 16, 30, tzinfo=UTC)
DAYS = (3, 8, 15, 22, 27)
METHODS = ("forecast", "run rate", "month before")

_QUESTION = """
    select
        states.spent::double,
        states.projected,
        states.projected_low,
        states.projected_high,
        (
            select spent::double from budget_history
            where not is_current order by period_start desc limit 1
        ) as before,
        (extract(epoch from clock.as_of - clock.month_start)
            / extract(epoch from clock.month_end - clock.month_start)) as part
    from budget_states as states
    cross join clock
"""


class Error(NamedTuple):
    """Errors in percent of what the month really cost; whether it lay in the interval."""

    day: int
    errors: dict[str, float]
    inside: bool


def main(seeds: list[int]) -> None:
    """Prints the table."""
    found = [error for seed in seeds for error in _of_year(seed)]
    print("| day of the month | months | forecast | run rate | month before | in the interval |")
    print("|---|---|---|---|---|---|")
    for day in (*DAYS, None):
        chosen = [error for error in found if day in (error.day, None)]
        medians = [
            f"{statistics.median(abs(error.errors[method]) for error in chosen):.1f} %"
            for method in METHODS
        ]
        inside = sum(error.inside for error in chosen) / len(chosen)
        name = "all" if day is None else str(day)
        print(f"| {name} | {len(chosen)} | {' | '.join(medians)} | {inside:.0%} |")


def _of_year(seed: int) -> list[Error]:
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout.of(folder)
        demo.write_tree(layout.root, days=365, seed=seed, now=NOW)
        with Indexer(layout) as indexer:
            indexer.run_pass()
        reader = SnapshotReader(layout)
        try:
            return [error for month in range(1, 11) for error in _of_month(reader, month)]
        finally:
            reader.close()


def _of_month(reader: SnapshotReader, month: int) -> list[Error]:
    end = datetime(2025, month + 1, 1, tzinfo=UTC) - timedelta(seconds=1)
    real, found = _ask(reader, end)[0], []
    for day in DAYS:
        moment = datetime(2025, month, day, 12, tzinfo=UTC)
        spent, projected, low, high, before, part = _ask(reader, moment)
        guesses = {"forecast": projected, "run rate": spent / part, "month before": before}
        errors = {name: 100 * (guess - real) / real for name, guess in guesses.items()}
        found.append(Error(day, errors, low <= real <= high))
    return found


def _ask(reader: SnapshotReader, moment: datetime) -> tuple[float, ...]:
    with reader.connect(Filters(as_of=naive_utc(moment.isoformat()))) as connection:
        return connection.execute(_QUESTION).fetchall()[0]


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or [7, 8, 9])

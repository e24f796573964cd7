"""`runmeter statusline`: one short line for a prompt or a status bar, at once.

The indexer leaves the figures in a small file, so neither the database nor anything else
that takes time to import is needed; only once the file's day is over, or for another moment,
is the snapshot asked. The line says what is unknown, and how old it is where no daemon keeps
it current.
"""

import json
import math
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from indexer.errors import NoIndexError
from indexer.layout import Layout

_FRESH = timedelta(minutes=1)


def line(layout: Layout, now: datetime | None = None) -> str:
    """The line. `now` is UTC. Raises NoIndexError."""
    moment = now or datetime.now(UTC)
    found = _note(layout)
    if found is None or _time(found["today_end"]) <= moment or os.environ.get("RUNMETER_AS_OF"):
        found = _asked(layout)
        if os.environ.get("RUNMETER_AS_OF"):
            return text(found, None)
    return text(found, _age(layout, moment))


def text(found: dict[str, Any], age: timedelta | None) -> str:
    """Figures of the view `status_line` as a line."""
    parts = [f"{_money(found['today_spent'], found['today_unknown_runs'])} today"]
    month = f"{_money(found['month_spent'], found['month_unknown_runs'])} this month"
    if found["budget"] is not None:
        # Cut, not rounded: 99.6% has not reached 100%.
        percent = "" if found["percent"] is None else f" ({math.floor(found['percent'])}%)"
        month += f" of {_money(found['budget'], 0)}{percent}"
    parts.append(month)
    if found["jobs_running"]:
        parts.append(f"{found['jobs_running']} running")
    if age is not None and age > _FRESH:
        parts.append(f"{_span(age)} old")
    return " · ".join(parts)


def _money(amount: float, unknown: int) -> str:
    """`$1.20`, and `$1.20+?` where runs of unknown cost would add to it."""
    shown = f"${amount:,.2f}" if amount == 0 or amount >= 0.1 else f"${amount:,.4f}"
    return f"{shown}+?" if unknown else shown


def _span(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    for size, letter in ((86400, "d"), (3600, "h")):
        if seconds >= size:
            return f"{seconds // size} {letter}"
    return f"{seconds // 60} min"


def _note(layout: Layout) -> dict[str, Any] | None:
    """What the indexer has left; None where there is nothing that can be read."""
    try:
        found: dict[str, Any] = json.loads(layout.line_note.read_bytes())
        return found if "today_end" in found else None
    except (OSError, ValueError):
        return None


def _asked(layout: Layout) -> dict[str, Any]:
    from indexer import figures
    from indexer.asking import asked
    from indexer.filters import Filters

    with asked(layout, Filters()) as connection:
        return figures.rows(connection, "from status_line")[0]


def _age(layout: Layout, now: datetime) -> timedelta | None:
    """Since when nobody has looked at the files; None where nothing tells."""
    try:
        health = json.loads(layout.status_file.read_bytes())
        times = [health.get("heartbeat_at"), health.get("last_full_pass")]
        looked = [_time(value) for value in times if value]
    except (OSError, ValueError, AttributeError):
        return None
    return now - max(looked) if looked else None


def _time(value: str) -> datetime:
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def main(arguments: list[str]) -> int | None:
    """The command without click, which takes longer than all of this; None where it is
    another command or has options of its own.

    `arguments` are those of the command line: global options, then `statusline`.
    """
    given: dict[str, str | None] = {"--root": None, "--database": None}
    rest = list(arguments)
    while len(rest) > 2 and rest[0] in given:
        given[rest[0]] = rest[1]
        del rest[:2]
    if rest != ["statusline"]:
        return None
    return show(Layout.of(given["--root"], given["--database"]))


def show(layout: Layout) -> int:
    """Print the line; returns the exit code."""
    try:
        found = line(layout)
    except NoIndexError as error:
        sys.stderr.write(f"Error: {error}\n")
        return error.exit_code
    # In bytes: a terminal of another encoding shows the dot otherwise, and nothing fails.
    sys.stdout.buffer.write(f"{found}\n".encode(sys.stdout.encoding or "utf-8", "replace"))
    sys.stdout.flush()
    return 0

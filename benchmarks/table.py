"""Measurements as a table: min, median and max, and each as a ratio to its floor."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

DIGITS = {"s": 3, "ms": 1, "MB": 1, "%": 2, "1/s": 0, "files": 0}


@dataclass(frozen=True)
class Row:
    """One figure: its values in `unit`, and the name of the row that it is held against."""

    name: str
    unit: str
    values: list[float]
    against: str | None = None


class Table:
    """Rows in the order in which they are added."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def add(
        self, name: str, unit: str, values: list[float] | float, against: str | None = None
    ) -> None:
        found = values if isinstance(values, list) else [values]
        self.rows[name] = Row(name, unit, found, against)

    def median(self, name: str) -> float:
        return median(self.rows[name].values)

    def markdown(self) -> str:
        """The table, one line a row."""
        lines = [
            "| what | unit | min | median | max | n | ratio |",
            "|---|---|--:|--:|--:|--:|---|",
        ]
        return "\n".join([*lines, *map(self._line, self.rows.values())]) + "\n"

    def _line(self, row: Row) -> str:
        digits = DIGITS[row.unit]
        shown = [
            f"{value:,.{digits}f}"
            for value in (min(row.values), median(row.values), max(row.values))
        ]
        ratio = ""
        if row.against is not None:
            ratio = f"{self.median(row.name) / self.median(row.against):.2f} × {row.against}"
        return f"| {row.name} | {row.unit} | {' | '.join(shown)} | {len(row.values)} | {ratio} |"


def percentile(values: list[float], part: float) -> float:
    """The value that `part` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def machine() -> str:
    """Where it was measured, in a line."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return (
        f"{os.cpu_count()} cores, {pages * size / 2**30:.0f} GB memory, {platform.system()}"
        f" {platform.machine()}, Python {platform.python_version()},"
        f" DuckDB {version('duckdb')}, {datetime.now(UTC):%Y-%m-%d}"
    )


def write(path: Path, runs: int, table: Table) -> None:
    """Write the results of one benchmark, replacing those before."""
    write_as(path, f"{runs:,} runs", f"make bench N={runs}", table)


def write_as(path: Path, title: str, command: str, table: Table) -> None:
    """The same under another title, made by another command."""
    text = f"# {title}\n\n{machine()}. Warm cache. Made by `{command}`.\n\n{table.markdown()}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")

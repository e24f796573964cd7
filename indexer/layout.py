"""Where things are: the one place that knows the names of files."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

# The first of them that a run's folder holds is the run's file; nearly all are the first.
RUN_FILES = ("run_summary.json", "run_summary.json.gz", "run_summary.json.zst")
_SNAPSHOT = re.compile(r"(\d{8,})\.duckdb")


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths of one index. `root` is read, only what belongs to `database` is written.

    `lake`: the index mirrors the lake instead of the files under the root.
    """

    root: Path
    database: Path
    lake: bool = False

    @classmethod
    def of(
        cls,
        root: Path | str | None = None,
        database: Path | str | None = None,
        *,
        lake: bool = False,
    ) -> "Layout":
        """Resolve arguments, then RUNMETER_ROOT and RUNMETER_DATABASE, then defaults.

        The variable names the index of this machine's files, never one of the lake.
        """
        chosen = Path(root or os.environ.get("RUNMETER_ROOT") or ".").expanduser().resolve()
        usual = None if lake else os.environ.get("RUNMETER_DATABASE")
        file = database or usual or chosen / ("lake.duckdb" if lake else "analytics.duckdb")
        return cls(chosen, Path(file).expanduser().resolve(), lake)

    @property
    def state_dir(self) -> Path:
        """Private folder of this database: `.runmeter/<name>` beside it."""
        return self.database.parent / ".runmeter" / self.database.stem

    @property
    def snapshots_dir(self) -> Path:
        return self.state_dir / "snapshots"

    @property
    def working(self) -> Path:
        return self.state_dir / "working.duckdb"

    @property
    def lock_file(self) -> Path:
        return self.state_dir / "indexer.lock"

    @property
    def status_file(self) -> Path:
        return self.state_dir / "status.json"

    @property
    def views_file(self) -> Path:
        """Saved views of the dashboard."""
        return self.state_dir / "views.json"

    @property
    def line_note(self) -> Path:
        """Figures of the status line."""
        return self.state_dir / "line.json"

    @property
    def served_note(self) -> Path:
        """Where a dashboard of this index can be asked."""
        return self.state_dir / "served.json"

    @property
    def public_note(self) -> Path:
        return self.state_dir / "public.json"

    @property
    def boot_note(self) -> Path:
        return self.state_dir / "boot"

    @property
    def run_logs(self) -> Path:
        return self.root / "run_logs"

    @property
    def jobs_file(self) -> Path:
        return self._first("jobs_state.json")

    @property
    def config_file(self) -> Path:
        return self._first("project_config.json")

    def snapshot(self, number: int) -> Path:
        """File of a snapshot number."""
        return self.snapshots_dir / f"{number:08}.duckdb"

    def snapshot_numbers(self) -> list[int]:
        """Numbers of the published snapshots, ascending; empty where nothing is published."""
        try:
            names = os.listdir(self.snapshots_dir)
        except FileNotFoundError:
            return []
        return sorted(int(found[1]) for name in names if (found := _SNAPSHOT.fullmatch(name)))

    def _first(self, name: str) -> Path:
        """`agent/<name>`, else `<name>` where only that exists."""
        inner, outer = self.root / "agent" / name, self.root / name
        return outer if outer.exists() and not inner.exists() else inner

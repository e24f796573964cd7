"""What the indexer stores: one writer, one transaction a batch.

A batch of records becomes rows and bookkeeping together or not at all, so a crash
at any point loses nothing: what was not committed is read again. The statements
are in `queries/load/`; here they are put in order.

`index_info.revision` counts the transactions that changed what readers see, and
`published_revision` says which of them the newest snapshot holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from indexer import sqlfiles
from indexer.config import AnalyticsConfig
from indexer.database import Database, rules_row
from indexer.records import Job, StagedSource
from indexer.settle import settle
from indexer.staging import Staging

KNOWN_ROWS = 10_000
LARGE_BATCH = 1_000
MOST_CHANGED = (
    100_000  # more folders than these are gone through one by one, which takes less memory
)


# What the bookkeeping knows of a run's file: folder and root, and its signature.
Known = tuple[str, str, int]


class Applied(NamedTuple):
    """What a batch was: files that are new, that say something else, and that must be read
    because they now speak for a run that another file spoke for."""

    new: int
    changed: int
    heirs: list[str]


class Store(Database):
    """The one writer's view of it: what a pass stores and asks."""

    may_cache = 0  # bytes of pages that large batches may leave in memory
    _stored_since = 0  # files since the last publish

    def known(self) -> Iterator[Known]:
        """What is known of each run's file that is there."""
        self.connection.execute(sqlfiles.load("known"))
        while rows := self.connection.fetchmany(KNOWN_ROWS):
            yield from rows

    def run_files(self) -> int:
        """How many of them there are."""
        return self.scalar(
            "select count(*) from sources where kind = 'run' and missing_since is null"
        )

    def changed_folders(self, states: Path) -> list[tuple[Any, ...]]:
        """The folders that are not as they are known, `MOST_CHANGED` of them and one, by the file
        of a search for their states; see the statement."""
        self.set("states_file", str(states))
        return self.connection.execute(sqlfiles.load("changed_folders")).fetchmany(MOST_CHANGED + 1)

    def apply(self, batch: Staging, now: datetime) -> Applied:
        """Store a batch of StagedSource, and close it."""
        with self.staged("stage_sources", batch), self.transaction():
            self.set_time(now)
            applied = self._take_in(batch.count)
        self._stored_since += batch.count
        if batch.count >= LARGE_BATCH:
            self.trim(self.may_cache)
        return applied

    def _take_in(self, count: int) -> Applied:
        """`staged`, so many files, becomes rows."""
        self.run("before")
        known, are_only, has_issues = self.rows("news")[0]
        new, changed = count, 0
        if known:
            self.run("same")
            if self.scalar("select count(*) from same"):
                self.run("touch")
            new, changed = self.rows("counted")[0]
        if not new and not changed:
            return Applied(0, 0, [])
        self.run("sources")
        if known or has_issues:
            self.run("issues")
        heirs = settle(self, are_only=are_only)
        self.changed()
        return Applied(new, changed, heirs)

    def losses(self, folders: Sequence[str]) -> tuple[int, int]:
        """(runs that no other file would speak for, runs in all) if these are gone."""
        self._name_gone(folders)
        lost, runs = self.connection.execute(sqlfiles.load("losses")).fetchall()[0]
        return int(lost), int(runs)

    def not_seen(
        self, folders: Sequence[str], now: datetime, *, forget: bool = False
    ) -> tuple[list[str], list[str]]:
        """Run folders without a file. Returns (files newly missing, files to read).

        With `forget` the runs of files that are missing now are removed.
        """
        with self.staged("stage_sources", self.staging()), self.transaction():
            self._name_gone(folders)
            self.set_time(now)
            self.run("absent")
            heirs = settle(self)
            rows = self.connection.execute(
                "select path from sources where missing_since = getvariable('pass_time')"
            ).fetchall()
            if rows:
                self.changed()
            if forget:
                self.run("gone_runs")
                self.run("forget")
                self.run("call_runs")
            return [row[0] for row in rows], heirs

    def apply_broken(self, reasons: Mapping[str, str], now: datetime) -> None:
        """Sources that cannot be used, each with the reason; stored where that is new."""
        before = self.connection.execute(
            "select path, reason from ingest_issues where starts_with(path, 'runmeter.sources/')"
        ).fetchall()
        rows = [(f"runmeter.sources/{name}", reason) for name, reason in reasons.items()]
        if sorted(before) == sorted(rows):
            return
        with self.transaction():
            self.set_time(now)
            self.connection.execute(
                "create or replace temp table staged_broken as"
                " select unnest($1::varchar[]) as path, unnest($2::varchar[]) as reason",
                [[path for path, _ in rows], [reason for _, reason in rows]],
            )
            self.connection.execute(
                "delete from ingest_issues where starts_with(path, 'runmeter.sources/')"
            )
            self.run("broken_sources")
            self.changed()

    def absent_files(self, paths: Sequence[str], now: datetime) -> None:
        """Files of sources that a pass has not found; the second time they are missing."""
        with self.transaction():
            self.set_time(now)
            self.set("gone_files", list(paths))
            self.run("absent_files")
            self.run("call_runs")
            self.changed()

    def files_of(self, run_ids: Sequence[str]) -> dict[str, list[str]]:
        """Run -> files that are not known to be gone. Runs that are not known are left out."""
        self._name_runs("asked", run_ids)
        found: dict[str, list[str]] = {}
        for run_id, path in self.connection.execute(sqlfiles.load("files_of")).fetchall():
            found.setdefault(run_id, []).extend([path] if path else [])
        return found

    def forget(self, run_ids: Sequence[str]) -> None:
        """Remove runs and what is known of their files."""
        with self.transaction():
            self._name_runs("forgotten", run_ids)
            self.run("forget")
            self.run("call_runs")
            self.changed()

    def apply_jobs(self, source: StagedSource, jobs: Sequence[Job] | None, now: datetime) -> None:
        """Store jobs_state.json by difference; None where it cannot be read: all stays."""
        with self.transaction():
            self.set_time(now)
            self.stage("stage_sources", [source])
            self.book()
            if jobs is not None:
                self.stage("stage_jobs", jobs)
                self.run("jobs")
            self.changed()

    def files_of_busy_jobs(self) -> list[str]:
        """Files of runs whose jobs have not ended, or got another status at the last change."""
        return self.column("busy_jobs")

    def hot(self, recent_ns: int, open_ns: int) -> list[str]:
        """Run files that changed since `recent_ns`, or since `open_ns` where the run goes on."""
        self.set("recent_ns", recent_ns)
        self.set("open_ns", open_ns)
        return self.column("hot")

    def apply_config(
        self, source: StagedSource | None, config: AnalyticsConfig, now: datetime
    ) -> None:
        """Store the settings; `source` is None where the file says what it said before."""
        values = (config.enabled, config.monthly_budget, config.timeseries_days, config.timezone)
        budgets = [(place, *budget.row()) for place, budget in enumerate(config.budgets, 1)]
        changed = (
            self.connection.execute("from settings").fetchone() != values
            or self.connection.execute("from budgets order by place").fetchall() != budgets
            or self.connection.execute("from alert_settings").fetchone() != rules_row(config)
        )
        if source is None and not changed:
            return
        with self.transaction():
            if source is not None:
                self.set_time(now)
                self.stage("stage_sources", [source])
                self.book()
            if changed:
                self.write_settings(config)
            self.changed()

    def root_identities(self, identities: dict[str, str]) -> set[str]:
        """Remember which folders were scanned. Returns those that are the same as before."""
        before = self.info()["root_identity"]
        text = msgspec.json.encode(identities, order="sorted").decode()
        if before != text:
            with self.transaction():
                self.connection.execute("update index_info set root_identity = ?", [text])
        try:
            known = msgspec.json.decode(before or "{}", type=dict[str, str])
        except msgspec.DecodeError:  # as earlier releases wrote it
            known = {}
        return {label for label, identity in identities.items() if known.get(label) == identity}

    def publish_due(self) -> bool:
        """Whether readers lack a committed revision."""
        info = self.info()
        return bool(info["revision"] != info["published_revision"])

    def invalid_count(self) -> int:
        """Files that are there and cannot be taken."""
        return self.scalar(
            "select count(*) from sources where state = 'invalid' and missing_since is null"
        )

    @property
    def snapshot(self) -> int:
        """Number that the newest publish took."""
        return int(self.info()["snapshot"])

    def begin_publish(self, number: int, now: datetime) -> None:
        """Write number and time into the database and make its file complete on disk.

        After many files that compresses most of what they say, on all cores; for a few rows waking
        them takes longer than it saves.
        """
        with self.transaction():
            self.connection.execute(
                "update index_info set snapshot = ?, published_at = ?,"
                " published_revision = revision",
                [number, now],
            )
        is_large, self._stored_since = self._stored_since >= LARGE_BATCH, 0
        with self.on_all_cores() if is_large else nullcontext():
            self.connection.execute("checkpoint")

    def _name_gone(self, folders: Sequence[str]) -> None:
        self.set("gone_folders", list(folders))
        self.run("not_seen")

    def _name_runs(self, table: str, run_ids: Sequence[str]) -> None:
        self.connection.execute(
            f"create or replace temp table {table} as"
            " select distinct unnest($1::varchar[]) as run_id",
            [list(run_ids)],
        )

"""The configuration and the job state: two small files, read whole when they change.

One that cannot be used leaves everything as it was, and is read again when it has
changed. A file may stand in two places (`Layout`); the one that counts is found anew at
every look.
"""

from collections.abc import Callable
from pathlib import Path

from indexer import discover
from indexer.call_store import apply_prices
from indexer.config import AnalyticsConfig, Layout, load_config
from indexer.discover import Found, Reading, signature
from indexer.errors import ConfigError
from indexer.known import DUE
from indexer.prices import PriceFile
from indexer.records import Issue
from indexer.sources import Document, jobs_state
from indexer.staged import digest, is_unsettled, is_young, problem, to_source
from indexer.store import Store
from indexer.times import from_nanoseconds


class StateFiles:
    """`known` is what the bookkeeping knows of them: path -> (signature, content hash)."""

    def __init__(
        self,
        layout: Layout,
        store: Store,
        known: dict[str, tuple[int, str | None]],
        clock: Callable[[], int],
    ) -> None:
        self.config = AnalyticsConfig()
        self._layout, self._store, self._known, self._clock = layout, store, known, clock
        self._config_taken = self._jobs_taken = False
        self._refused: tuple[Found | None, ConfigError] | None = None
        self._prices = PriceFile()
        self._is_other = False

    def read_config(self) -> bool:
        """Take the settings and the price table up; whether the settings are others now.

        Raises ConfigError for as long as one of the files cannot be used.
        """
        self._is_other |= self._read_settings()
        self._read_prices()
        is_other, self._is_other = self._is_other, False
        return is_other

    def _read_prices(self) -> None:
        name = self.config.prices
        path = self._layout.root / Path(name).expanduser() if name else None
        table = self._prices.changed(path)
        if table is not None:
            apply_prices(self._store, table.prices, from_nanoseconds(self._clock()))

    def _read_settings(self) -> bool:
        file = self._layout.config_file
        key = file.relative_to(self._layout.root).as_posix()
        found = discover.look(file, key)
        if self._refused is not None and found == self._refused[0]:
            raise self._refused[1]
        if self._config_taken and not self._is_changed(key, found):
            return False
        try:
            config = load_config(self._layout)
        except ConfigError as error:
            self._refused = found, error
            raise
        self._refused = None
        self._store_config(config, discover.read(file, key), key)
        is_other = config != self.config
        self.config, self._config_taken = config, True
        return is_other

    def _store_config(self, config: AnalyticsConfig, reading: Reading | None, key: str) -> None:
        source = None
        if reading is None:
            self._known.pop(key, None)
        elif not self._says_the_same(reading):
            issues = [
                Issue("warning", f"analytics.{name}", "not a setting; see the documentation")
                for name in config.unknown_keys
            ]
            unsettled = is_unsettled(reading, self._clock())
            source = to_source(reading, "config", digest(reading.data), unsettled, issues)
        self._store.apply_config(source, config, from_nanoseconds(self._clock()))
        if reading is not None:
            self._remember(reading)

    def read_jobs(self) -> bool:
        """Take the job state up; whether it says something else now."""
        file = self._layout.jobs_file
        key = file.relative_to(self._layout.root).as_posix()
        found = discover.look(file, key)
        if found is None or not self._is_changed(key, found):
            return False
        reading = discover.read(file, key)
        if reading is None:
            return False
        if self._says_the_same(reading):
            self._remember(reading)
            return False
        jobs, issues = None, problem(reading)
        if reading.data is not None:
            records = jobs_state.parse(Document(key, key, reading.data))
            jobs, issues = records.jobs, records.issues
        if jobs is None and self._jobs_taken and is_young(reading, self._clock()):
            return False  # probably half of it; looked at again soon
        unsettled = is_unsettled(reading, self._clock())
        source = to_source(reading, "jobs", digest(reading.data), unsettled, issues)
        self._store.apply_jobs(source, jobs, from_nanoseconds(self._clock()))
        self._jobs_taken = True
        self._remember(reading)
        return True

    def _is_changed(self, key: str, found: Found | None) -> bool:
        mark, _ = self._known.get(key, (None, None))
        if found is None:
            return mark is not None
        return not mark or mark != signature(found.key, found.state or discover.NOTHING)

    def _says_the_same(self, reading: Reading) -> bool:
        _, content = self._known.get(reading.key, (DUE, None))
        return content is not None and content == digest(reading.data)

    def _remember(self, reading: Reading) -> None:
        unsettled = is_unsettled(reading, self._clock())
        mark = DUE if unsettled else signature(reading.key, reading.state)
        self._known[reading.key] = mark, digest(reading.data)

"""What a pass did, as text and as JSON."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class PassResult:
    """Counts of run files. `held` counts folders that are gone but not believed to be,
    `documents` files of other sources that brought something."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    held: int = 0
    invalid: int = 0
    snapshot: int | None = None
    documents: int = 0
    published: bool = False
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def is_news(self) -> bool:
        """Whether a person would want to know of it."""
        return bool(self.new or self.changed or self.gone or self.held or self.documents)

    @property
    def counts(self) -> str:
        others = f", {self.documents} files of other sources read" if self.documents else ""
        held = f", {self.held} held as possibly unmounted" if self.held else ""
        return (
            f"{self.new} new, {self.changed} changed, {self.gone} gone,"
            f" {self.invalid} invalid, {self.unchanged} unchanged{held}{others}"
        )

    def __str__(self) -> str:
        done = f"published as snapshot {self.snapshot}" if self.published else "nothing to publish"
        return f"{self.counts}; {done} ({self.seconds:.2f} s)"

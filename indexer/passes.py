"""What a pass did, as text and as JSON."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class PassResult:
    """Counts of run files. `held` counts folders that are gone but not believed to be."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    held: int = 0
    invalid: int = 0
    snapshot: int | None = None
    published: bool = False
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        held = f", {self.held} held as possibly unmounted" if self.held else ""
        done = f"published as snapshot {self.snapshot}" if self.published else "nothing to publish"
        return (
            f"{self.new} new, {self.changed} changed, {self.gone} gone,"
            f" {self.invalid} invalid, {self.unchanged} unchanged{held};"
            f" {done} ({self.seconds:.2f} s)"
        )

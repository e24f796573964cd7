"""Work in small steps, of which a loop does as many at once as fit into a moment."""

from collections.abc import Callable, Iterator
from typing import Protocol

SLICE_SECONDS = 0.05


class Work(Protocol):
    """Something that is due now and then and is done in steps. Times are monotonic seconds."""

    def begin(self, now: float) -> Iterator[None] | None:
        """The steps, if it is due."""

    def done(self, now: float) -> None:
        """All steps have been gone through."""


class Slices:
    """Goes on with a piece of work whenever it is told to."""

    def __init__(self, work: Work, monotonic: Callable[[], float]) -> None:
        self._work, self._monotonic = work, monotonic
        self._steps: Iterator[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether there is more to do at once."""
        return self._steps is not None

    def drop(self) -> None:
        """Leave what has begun."""
        self._steps = None

    def step(self, now: float, *, may_begin: bool) -> None:
        """Go on for a moment, or begin what is due."""
        if self._steps is None and may_begin:
            self._steps = self._work.begin(now)
        if self._steps is not None and not advance(self._steps, self._monotonic):
            self._steps = None
            self._work.done(self._monotonic())


def advance(steps: Iterator[None], monotonic: Callable[[], float]) -> bool:
    """Go on with steps for a moment; False when they are done."""
    end = monotonic() + SLICE_SECONDS
    return any(monotonic() >= end for _ in steps)

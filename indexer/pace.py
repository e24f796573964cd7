"""Work that takes at most its share of the time.

After a piece of work comes a rest that is a multiple of how long it took, so that dear
work is done less often without anybody having to know what it costs.
"""


class Pace:
    """`rest`: how many times as long as the work; `least`: seconds of rest in any case.

    `ahead`: so many seconds of rest may be left for later, so that what seldom happens
    need not wait; on average the share stays the same. `least` is never left for later.
    """

    def __init__(self, rest: float, least: float = 0.0, ahead: float = 0.0) -> None:
        self.rest = rest
        self.next = float("-inf")
        self._least, self._ahead = least, ahead
        self._soonest = float("-inf")

    def is_due(self, now: float) -> bool:
        return now >= max(self.next - self._ahead, self._soonest)

    def hold(self, until: float) -> None:
        """Not before that time."""
        self.next = max(self.next, until + self._ahead)

    def done(self, began: float, ended: float) -> None:
        """A piece of work has been done; the rest begins when what is left of it is over."""
        work = ended - began
        self._soonest = ended + self._least
        self.next = max(self.next, began) + work + max(self._least, work * self.rest)

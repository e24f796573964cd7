"""Which run folders that a full pass did not find are believed to be gone.

An unmounted disk looks like a deletion, so nothing is believed of a root that cannot
be listed or is another folder than in the pass before, nor if every run, or more than
one in five of them, would be left without a file. Runs that moved to another root have
a file and are not counted. Of what is believed here, the second pass in a row that
does not find it is what marks it.
"""

import os
from collections.abc import Sequence
from typing import NamedTuple

from indexer.discover import RunRoot
from indexer.store import Store

HOLD_FRACTION = 5


class Verdict(NamedTuple):
    """Folders (label/name) by what is thought of them, and why some are held."""

    believed: list[str]
    held: list[str]
    reason: str = ""


def judge(store: Store, roots: Sequence[RunRoot], gone: list[str]) -> Verdict:
    """Decide; `gone` are folders with a known run file that has not been found."""
    identities = {root.label: found for root in roots if (found := identity(root.path))}
    same = store.root_identities(identities)
    doubtful = {root.label for root in roots if root.label not in same}
    if not gone:
        return Verdict([], [])
    held = [folder for folder in gone if folder.rpartition("/")[0] in doubtful]
    believed = [folder for folder in gone if folder.rpartition("/")[0] not in doubtful]
    reason = ""
    if held:
        labels = ", ".join(sorted({folder.rpartition("/")[0] for folder in held}))
        reason = f"{labels}: another folder than before, or not there; {len(held)} runs held"
    lost, runs = store.losses(believed)
    if lost and (lost == runs or lost > max(1, runs // HOLD_FRACTION)):
        reason = (
            f"{lost} of {runs} runs would be without a file, as if a disk were not mounted;"
            " nothing is marked; `runmeter forget RUN_ID...` if they were deleted"
        )
        return Verdict([], gone, reason)
    return Verdict(believed, held, reason)


def identity(path: str) -> str | None:
    """Which folder this is, whatever its name; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return f"{status.st_dev}:{status.st_ino}"

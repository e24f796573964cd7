"""Makes the index of nothing when the package is built, which is once instead of where it runs."""

import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BlankIndex(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, self.root)
        from indexer import blank

        blank.make()

"""What a request compares with what; `indexer.comparing` reads its parameters."""

import duckdb
from flask import request

from indexer import comparing
from indexer.comparing import WAYS, Sides

__all__ = ["WAYS", "sides", "way"]


def way() -> str:
    """The comparison that is asked for. Raises UsageError."""
    return comparing.way(request.args)


def sides(connection: duckdb.DuckDBPyConnection) -> Sides | None:
    """The two sides; None where fewer than two values could be compared. Raises UsageError."""
    return comparing.sides(connection, request.args)

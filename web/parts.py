"""A part of a page that cannot be made takes no other part with it.

`attempt` gives a part's figures, or a Failure, which the page shows in the part's place
with a way to try again. It is logged in full. A page with a failure is never kept. Only
what the database reports counts, such as too little memory; a bug still ends the request.
"""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import duckdb
from flask import Flask, g

Made = TypeVar("Made")
log = logging.getLogger("runmeter")


class Failure(NamedTuple):
    """Why a part is not there."""

    reason: str


def attempt(connection: duckdb.DuckDBPyConnection, make: Callable[[], Made]) -> Made | Failure:
    """What `make` asks of the connection, or why it could not be had."""
    try:
        return make()
    except duckdb.Error as error:
        log.exception("a part of a page could not be made")
        g.incomplete = True
        # An error ends a transaction; the parts that follow need one.
        connection.execute("rollback")
        connection.execute("begin")
        return Failure(str(error).split("\n")[0][:300])


def is_complete() -> bool:
    """Whether every part of this request's page is there so far."""
    return not g.get("incomplete", False)


def is_failure(part: Any) -> bool:
    return isinstance(part, Failure)


def register(app: Flask) -> None:
    """`{% if rows is failed %}` in the templates."""
    app.add_template_test(is_failure, "failed")

"""The routes of the panels' figures: the period, and the rows of one view, also as a file.

`blueprint` is the API with them on it.
"""

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from indexer import figures
from web import budget_data, csv_rows, datasets, schemas
from web.api import blueprint, route
from web.datasets import Dataset, Row
from web.respond import conditional, connection

__all__ = ["add", "blueprint"]


def add(data: Dataset, *, lasting: bool = True) -> None:
    """A route for the rows of a view; they do not last where time alone changes them."""

    def answer() -> Response:
        def rows() -> Response:
            with connection() as found:
                period = figures.period(found)

                def whole(shown: list[Row]) -> Row:
                    return {"period": period, "rows": shown}

                made = data.rows(found)
                return csv_rows.either(found, data.route, data.keys, made, whole)

        if lasting:
            return conditional(rows)
        response = rows()
        response.headers["Cache-Control"] = "no-store"
        return response

    answer.__name__ = data.endpoint.removeprefix(f"{blueprint.name}.")
    answer.__doc__ = data.summary
    route(f"/{data.route}", _schema(data), has_rows=True)(answer)


def _schema(data: Dataset) -> type[Schema]:
    row = data.schema()
    members: dict[str, Any] = {
        "period": fields.Nested(schemas.Period, required=True),
        "rows": fields.List(fields.Nested(row), required=True),
    }
    return Schema.from_dict(members, name=f"{row.__name__}Rows")


for _data in (*datasets.ROUTED, *budget_data.ROUTED):
    add(_data)

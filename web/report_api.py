"""The reports of `runmeter report` as JSON: rows, their total, and what they cover.

Commands beside the dashboard ask here (`indexer/served.py`).
"""

from flask import Response, jsonify, request
from marshmallow import Schema, fields

from indexer import reports
from indexer.errors import UsageError
from web import filtering, keyset, schemas
from web.api import route
from web.record_api import blueprint
from web.respond import conditional, connection

__all__ = ["blueprint"]

MOST_ROWS = 100_000
ORDERS = ("asc", "desc")
# Comparisons have a page and parameters of their own.
KINDS = tuple(kind for kind in reports.KINDS if kind != "compare")
_PARAMETERS = (
    schemas.parameter(
        "order", {"type": "string", "enum": list(ORDERS)}, "Series begin with the oldest."
    ),
    schemas.parameter(
        "rows",
        {"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
        "Of jobs: at most so many.",
    ),
)


class ReportSchema(Schema):
    """`rows` have all columns of the view, `total` those that can be summed."""

    report = fields.String(required=True)
    coverage = fields.Dict(required=True)
    rows = fields.List(fields.Dict(), required=True)
    total = fields.Dict(required=True, allow_none=True)


def _add(kind: str) -> None:
    def answer() -> Response:
        order, most = _order(), keyset.count(MOST_ROWS, MOST_ROWS)

        def make() -> Response:
            with connection() as found:
                made = reports.report(found, kind, filtering.effective(), order, most=most)
                return jsonify(made.document())

        return conditional(make)

    answer.__name__ = f"report_{kind}"
    answer.__doc__ = f"The report {kind}, as `runmeter report {kind} --json` prints it."
    route(f"/reports/{kind}", ReportSchema, more=_PARAMETERS)(answer)


def _order() -> str | None:
    order = request.args.get("order")
    if order and order not in ORDERS:
        raise UsageError(f"order: found {order[:60]!r}, allowed: {', '.join(ORDERS)}")
    return order or None


for _kind in KINDS:
    _add(_kind)

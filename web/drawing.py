"""Panels as HTML, each made in the thread that has asked for its rows, while others ask on.

A view is asked for once, whichever of its panels are shown. A panel whose rows cannot be had is
drawn as its failure; the others stay.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import duckdb
from flask import render_template
from markupsafe import Markup

from web import parts
from web.datasets import Dataset, Row
from web.links import Links
from web.panels import Panel
from web.together import Question


class Drawn(NamedTuple):
    """Rows of a view, and the HTML of each panel that shows them by the panel's name."""

    rows: list[Row]
    figures: dict[str, str]


def questions(panels: Sequence[Panel], links: Links) -> dict[str, Question]:
    """Name of each view that the panels show -> what asks for it and draws them.

    So one panel is drawn while others are asked for.
    """
    sources = {panel.data.source: panel.data for panel in panels}
    return {
        source: partial(drawn, data, [panel for panel in panels if panel.data is data], links)
        for source, data in sources.items()
    }


def drawn(
    data: Dataset, panels: Sequence[Panel], links: Links, found: duckdb.DuckDBPyConnection
) -> Drawn:
    """Ask for the rows of a view and draw the panels that show them."""
    rows = data.rows(found)
    figures = {
        panel.name: _figure(links, panel=panel, rows=rows, chart=panel.chart(rows, links))
        for panel in panels
    }
    return Drawn(rows, figures)


def figures(panels: Sequence[Panel], links: Links, known: Mapping[str, Any]) -> dict[str, str]:
    """Name of each panel -> its HTML, or that of its failure; `known` is what `questions` gave."""
    found = {}
    for panel in panels:
        made = known[panel.data.source]
        failed = parts.is_failure(made)
        found[panel.name] = (
            _figure(links, panel=panel, failure=made) if failed else made.figures[panel.name]
        )
    return found


def _figure(links: Links, **item: Any) -> str:
    html = render_template("figure.html", item=item, links=links)
    return Markup(html)  # noqa: S704 -- escaped by the template

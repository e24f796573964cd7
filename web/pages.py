"""The pages that people look at."""

from typing import Any

import duckdb
from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from indexer import figures
from indexer.errors import NoIndexError
from web import filtering
from web.respond import DisabledError, conditional, connection, reader

blueprint = Blueprint("pages", __name__)
SHOWN_ISSUES = 50


@blueprint.get("/")
def home() -> BaseResponse:
    """The dashboard is the only page so far."""
    return redirect(url_for("pages.analytics"))


@blueprint.get("/analytics")
def analytics() -> BaseResponse:
    """The dashboard; says how to begin where there is nothing, and when it is disabled."""
    return filtering.tidy() or conditional(_page)


def _page() -> str:
    number = reader().number
    try:
        with connection() as found:
            data = _data(found)
    except NoIndexError:
        return render_template("empty.html", page_kind="empty", root=reader().layout.root)
    except DisabledError:
        return render_template(
            "disabled.html",
            page_kind="disabled",
            config_file=reader().layout.config_file,
            snapshot=number,
        )
    return render_template("analytics.html", page_kind="analytics", snapshot=number, **data)


def _data(found: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    return {
        **figures.all_figures(found),
        "period": figures.period(found),
        "choices": filtering.choices(found),
        "issues": figures.issues(found, SHOWN_ISSUES),
    }

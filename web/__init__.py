"""The dashboard: a small Flask app over the published snapshots.

`create_app` puts the parts together: `pages` for people, `api` for programs, `monitoring`
for machines, `security` around all, `respond` and `filtering` for what they share. It reads
snapshots and writes nothing but saved views; `serve` leaves a note of where it is.
`flask --app web run` and `python -m web` both come through here.
"""

import os
from pathlib import Path

from flask import Flask
from flask_smorest import Api

from indexer import __version__
from indexer.config import Layout
from indexer.snapshot import SnapshotReader
from web import (
    alerts,
    budgets,
    compare,
    downloads,
    filtering,
    formatting,
    jobs,
    live,
    monitoring,
    pages,
    panels,
    parts,
    quality,
    quality_cost,
    report_api,
    respond,
    runs,
    schemas,
    security,
    sql,
    views,
)
from web.access import Access
from web.answers import Answers
from web.kept import Kept
from web.warm import Warmer


def create_app(
    root: Path | str | None = None,
    database: Path | str | None = None,
    access: Access | None = None,
) -> Flask:
    """The app for one index; what is left out is as the environment says, on loopback."""
    app = Flask(__name__)
    app.config.update(
        API_TITLE="Runmeter",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
        SEND_FILE_MAX_AGE_DEFAULT=3600,
        RUNMETER_INSTANCE=os.urandom(4).hex(),
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["runmeter"] = reader = SnapshotReader(Layout.of(root, database))
    app.extensions["runmeter-answers"] = Answers()
    app.extensions["runmeter-kept"] = Kept()
    app.extensions["runmeter-warmer"] = Warmer(reader)
    api = Api(app)
    for parameter in schemas.FILTERS:
        api.spec.components.parameter(parameter["name"], "query", parameter)
    api.register_blueprint(report_api.blueprint)
    app.register_blueprint(pages.blueprint)
    for module in (
        compare,
        quality_cost,
        runs,
        jobs,
        alerts,
        budgets,
        quality,
        sql,
        views,
        downloads,
    ):  # in the order of the navigation
        module.register(app)
    app.register_blueprint(monitoring.blueprint)
    formatting.register(app)
    filtering.register(app)
    live.register(app)
    parts.register(app)
    panels.register(app)
    security.register(app, access or Access.of())
    respond.register_errors(app)
    return app

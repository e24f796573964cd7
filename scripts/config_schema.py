"""Writes indexer/analytics.schema.json: what editors check the `analytics` section by.

It is made from the settings, `Budget`, `Alerts`, `ScheduledReport` and `Lake`, which are what
the section is checked by.
"""

import json
from pathlib import Path
from typing import Any

from indexer.alert_settings import alert_schemas
from indexer.budgets import budget_schema
from indexer.lake_settings import lake_schemas
from indexer.report_settings import report_schemas
from indexer.settings import SETTINGS

TARGET = Path(__file__).parent.parent / "indexer" / "analytics.schema.json"


def section_schema() -> dict[str, Any]:
    """Keys that are not listed are allowed: others write keys of their own."""
    properties = {
        setting.name: {"description": setting.help, "default": setting.default} | setting.schema
        for setting in SETTINGS
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The analytics section of project_config.json",
        "type": "object",
        "properties": properties,
        "$defs": {"Budget": budget_schema()} | alert_schemas() | report_schemas() | lake_schemas(),
    }


def text() -> str:
    """What the file is to hold."""
    return json.dumps(section_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")

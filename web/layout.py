"""Which parts of the overview are shown, and in which order: `?panels=budget,cost,runs`.

Parts are sections (files of `templates/overview/`) and charts (`panels.PANELS`). Without
the parameter all are there. Charts that follow each other share a grid.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request

from indexer.errors import UsageError
from web.panels import PANELS, Panel

SECTIONS = {
    "kpis": "Key figures",
    "budget": "Monthly budget",
    "qa": "QA distribution",
    "projects": "Projects",
    "models": "Models",
    "quality": "Data quality",
}
CHARTS = {panel.name: panel.title for panel in PANELS}
# Every part in the order in which it is shown unless somebody chose another.
PARTS = {
    name: (SECTIONS | CHARTS)[name]
    for name in ("kpis", "budget", *CHARTS, "qa", "projects", "models", "quality")
    if name in SECTIONS.keys() | CHARTS.keys()
}


@dataclass(slots=True)
class Group:
    """One section, or charts as HTML that stand side by side."""

    section: str = ""
    charts: list[str] = field(default_factory=list)
    is_first: bool = False


def parse(text: str) -> list[str]:
    """Names of parts out of `a,b,c`; all where it is empty. Raises UsageError."""
    names = [name for name in dict.fromkeys(text.split(",")) if name]
    for name in names:
        if name not in PARTS:
            raise UsageError(f"panels: found {name[:40]!r}, allowed: {', '.join(PARTS)}")
    return names or list(PARTS)


def shown(names: list[str]) -> str:
    """The parameter's value for a choice; empty where it is what is shown anyway."""
    return "" if names == list(PARTS) else ",".join(names)


def charts() -> list[Panel]:
    """The charts among what the request wants to see. Raises UsageError."""
    names = parse(request.args.get("panels", ""))
    return [panel for panel in PANELS if panel.name in names]


def groups(figures: Mapping[str, str]) -> list[Group]:
    """What the request wants to see, in its order, of each chart's HTML. Raises UsageError."""
    found: list[Group] = []
    for name in parse(request.args.get("panels", "")):
        if name in SECTIONS:
            found.append(Group(section=name))
            continue
        if not found or not found[-1].charts:
            found.append(Group(is_first=not any(group.charts for group in found)))
        found[-1].charts.append(figures[name])
    return found

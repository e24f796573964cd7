"""Numbers and times as text on the page. Formatting only: nothing is computed."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Flask
from markupsafe import Markup


def number(value: int | float) -> str:
    """1234567 -> 1,234,567."""
    return f"{value:,.0f}"


def compact(value: int | float) -> str:
    """1234567 -> 1.23M; the exact value belongs into a title."""
    for limit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if abs(value) >= limit:
            return f"{value / limit:,.2f}{letter}"
    return number(value)


def money(value: float, digits: int = 2) -> str:
    """USD; an amount that would round to nothing keeps four digits."""
    if 0 < abs(value) < 0.00005:
        return "<$0.0001" if value > 0 else ">-$0.0001"
    shown = 4 if 0 < abs(value) < 0.1 and digits < 4 else digits
    sign = "-" if value < 0 else ""
    return f"{sign}${abs(value):,.{shown}f}"


def percent(value: float | None, digits: int = 1) -> str:
    """0.5217 -> 52.2%; None is not applicable."""
    return "n/a" if value is None else f"{value * 100:.{digits}f}%"


def seconds(value: float) -> str:
    """245.6 -> 245.6 s."""
    return f"{value:,.1f} s"


def moment(value: str | None) -> str:
    """ISO text cut to 19 characters, as the specification shows it."""
    return "unknown" if value is None else value[:19].replace("T", " ")


def day_before(day: str) -> str:
    """The last day of a period that is stated with the day after it, both ISO dates."""
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def bell(waiting: int | None) -> str:
    """What the bell says: None where nobody has looked for alerts."""
    if waiting is None:
        return "Alerts: nobody has looked for any yet"
    return f"{number(waiting)} open {'alert' if waiting == 1 else 'alerts'}"


_CELLS: dict[str, Callable[[Any], str]] = {
    "money": money,
    "rate": percent,
    "seconds": seconds,
    "count": number,
    "flag": lambda value: "yes" if value else "no",
}


def cell(value: Any, kind: str) -> str:
    """A value of a table by the kind of its column; what is not known says so."""
    if value is None:
        return "n/a" if kind == "rate" else "unknown"
    return _CELLS.get(kind, str)(value)


def brief(value: float | None, kind: str = "count", beside: float | None = None) -> str:
    """As `cell`; a count too long for a card is shortened, with the exact one in a title, and
    so is one that stands beside such a count."""
    if value is None or kind != "count" or max(abs(value), abs(beside or 0)) < 1e7:
        return cell(value, kind)
    return Markup('<span title="{}">{}</span>').format(number(value), compact(value))


def delta(value: float, kind: str) -> str:
    """A difference with its sign: +$4.03, -28.7 s; of rates in percentage points."""
    if kind == "rate":
        return f"{value * 100:+.1f} pp"
    size = compact(abs(value)) if kind == "count" else cell(abs(value), kind)
    return f"{'+' if value > 0 else '-' if value < 0 else '±'}{size}"


def relative(ratio: float | None) -> str:
    """0.049 -> +4.9%; n/a where the base is zero."""
    return "n/a" if ratio is None else f"{ratio * 100:+,.1f}%"


def sparkline(values: list[float | None]) -> str:
    """A path through the values in a box of 100 by 30; a gap where one is unknown."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(0, *known), max(known)
    step, height = 100 / max(1, len(values) - 1), (high - low) or 1
    path, pen = "", "M"
    for place, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        path += f"{pen}{place * step:.1f} {28 - 26 * (value - low) / height:.1f}"
        # A lone point between gaps is drawn as a dot by its round cap.
        path += "h0" if pen == "M" else ""
        pen = "L"
    return path


def grade(rate: float | None) -> str:
    """Colour of a QA pass rate: green from 80 %, yellow from 50 %, else red."""
    if rate is None:
        return "none"
    return "green" if rate >= 0.8 else "yellow" if rate >= 0.5 else "red"


def duration(value: float | None) -> str:
    """75.2 -> 1 m 15 s; None is unknown. The exact value belongs into a title."""
    if value is None:
        return "unknown"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days:,} d {hours} h"
    return f"{hours} h {minutes} m" if hours else f"{minutes} m {rest} s"


def size(value: int | None) -> str:
    """2048 -> 2.0 KB; None is unknown."""
    if value is None:
        return "unknown"
    for limit, letter in ((1e9, "GB"), (1e6, "MB"), (1e3, "KB")):
        if value >= limit:
            return f"{value / limit:,.1f} {letter}"
    return f"{value:,} bytes"


TONES = {
    "green": ("passed", "success", "approved", "completed", "indexed", "ok", "pass"),
    "yellow": ("warning", "max_rounds_reached", "timeout", "cancelled", "stale", "queued"),
    "red": ("failed", "error", "invalid", "cost_cap_exceeded", "fail", "failure", "critical"),
    "blue": ("running",),
}


def tone(status: str | None) -> str:
    """Colour of a status; the word itself always stands beside it."""
    text = (status or "").lower()
    return next((name for name, words in TONES.items() if text in words), "none")


def register(app: Flask) -> None:
    """Make them filters of the templates."""
    shown = (number, compact, money, percent, seconds, moment, grade, duration, size, tone)
    for function in (*shown, cell, brief, delta, relative, sparkline, day_before, bell):
        app.add_template_filter(function)

"""What a report or a file covers, in words: range, zone, filters, moment, what is left out."""

from typing import Any

Row = dict[str, Any]

_REASONS = (
    ("outside_runs", "outside the range"),
    ("undated_runs", "without a known start"),
    ("filtered_runs", "by filters"),
    ("later_runs", "begun later"),
)
# Filters that other lines say.
_SAID = ("range", "from", "to", "tz", "grain", "as_of")
_UNKNOWN = (
    ("cost_unknown_runs", "{:,} of unknown cost"),
    ("tokens_unknown_runs", "{:,} of unknown tokens"),
)


def lines(covers: Row) -> list[tuple[str, str]]:
    """Names and texts, one a line. Text may hold anything that a name can."""
    span = f"{covers['first_day']} to {covers['last_day']}" if covers["first_day"] else "all time"
    found = [("Range", f"{span}, days of {covers['timezone']}")]
    filters = [f"{name}={value}" for name, value in covers["filters"] if name not in _SAID]
    if filters:
        found.append(("Filters", ", ".join(filters)))
    found.append(("As of", f"{covers['as_of']}, snapshot {covers['snapshot']}"))
    found.append(("Runs", runs(covers)))
    if covers["unreadable_files"]:
        found.append(("Not read", f"{covers['unreadable_files']:,} files"))
    return found


def runs(covers: Row) -> str:
    """How many runs count, how many do not and why, and of how many something is unknown."""
    counted = f"{covers['counted_runs']:,} of {covers['indexed_runs']:,}"
    left = [f"{covers[key]:,} {why}" for key, why in _REASONS if covers[key]]
    unknown = [text.format(covers[key]) for key, text in _UNKNOWN if covers[key]]
    return (
        counted
        + (f"; left out: {', '.join(left)}" if left else "")
        + (f"; of those that count {', '.join(unknown)}" if unknown else "")
    )

"""`analytics.budgets`: what a budget may say, and its check.

`Budget` is the one definition: it checks what is read and is what the JSON Schema is made
from. An error names place, what was found and what is allowed.
"""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from indexer.checked import TEXT, convert, definitions, has_half_a_character
from indexer.errors import WrongValue
from indexer.settings import MAX_BUDGET, MAX_BUDGETS, micro_usd
from indexer.times import is_timezone

RESERVED = "monthly_budget"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Amount = Annotated[float, Meta(ge=0, le=MAX_BUDGET)]


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One budget. Amounts in USD; days are inclusive and of its zone."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            pattern=TEXT,
            description="a text of 1 to 200 characters, none of them a control character",
        ),
    ]
    amount: Annotated[
        Amount, Meta(description=f"a number from 0 to {MAX_BUDGET}, what a period may cost")
    ]
    scope: Annotated[
        Literal["global", "project", "model", "role", "mode"],
        Meta(description="global, project, model, role or mode"),
    ] = "global"
    match: Annotated[
        Annotated[str, Meta(pattern=TEXT)] | None,
        Meta(description="the name of the project, model, role or mode; none where global"),
    ] = None
    period: Annotated[
        Literal["day", "week", "month", "quarter", "year", "total"],
        Meta(description="day, week, month, quarter, year or total"),
    ] = "month"
    soft_amount: Annotated[
        Amount | None, Meta(description="a number from 0 to its amount, what a period should cost")
    ] = None
    thresholds: Annotated[
        list[Annotated[float, Meta(gt=0, le=1000)]],
        Meta(max_length=20, description="a list of up to 20 percentages above 0, to 1000"),
    ] = msgspec.field(default_factory=lambda: [50.0, 75.0, 90.0, 100.0])
    timezone: Annotated[
        str | None, Meta(description='a time zone name such as "Europe/Berlin", or null')
    ] = None
    week_start: Annotated[
        Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        Meta(description="a day of the week: monday to sunday"),
    ] = "monday"
    starts_on: Annotated[
        date | None, Meta(description='the first day that counts, such as "2025-11-01", or null')
    ] = None
    ends_on: Annotated[
        date | None, Meta(description='the last day that counts, such as "2025-12-31", or null')
    ] = None

    def row(self) -> tuple[Any, ...]:
        """As the table `budgets` has it, without the place."""
        return (
            self.name,
            self.scope,
            self.match,
            micro_usd(self.amount),
            None if self.soft_amount is None else micro_usd(self.soft_amount),
            self.period,
            sorted(set(self.thresholds)),
            self.timezone,
            WEEKDAYS.index(self.week_start) + 1,
            self.starts_on,
            self.ends_on,
        )


_Budgets = list[Annotated[Budget, Meta(description="a budget, which is an object")]]


def title(name: str) -> str:
    """The name of a budget as people read it."""
    return "Monthly budget" if name == RESERVED else name


def check_budgets(value: Any) -> tuple[Budget, ...]:
    """The list as budgets. Raises WrongValue with the place inside the list."""
    if not isinstance(value, list) or len(value) > MAX_BUDGETS:
        raise WrongValue(value, f"a list of at most {MAX_BUDGETS} budgets")
    budgets = convert(value, _Budgets)
    names: set[str] = {RESERVED}
    for place, budget in enumerate(budgets):
        _check_one(budget, f"[{place}]", names)
        names.add(budget.name.casefold())
    return tuple(budgets)


def _check_one(budget: Budget, at: str, names: set[str]) -> None:
    for key, text in (("name", budget.name), ("match", budget.match or "")):
        if has_half_a_character(text):
            raise WrongValue(text, "text without half a character", f"{at}.{key}")
    if budget.name.casefold() in names:
        raise WrongValue(budget.name, "a name that no other budget has", f"{at}.name")
    if (budget.match is None) != (budget.scope == "global"):
        allowed = "no match" if budget.scope == "global" else f"the name of a {budget.scope}"
        raise WrongValue(budget.match, allowed, f"{at}.match")
    if budget.soft_amount is not None and budget.soft_amount > budget.amount:
        raise WrongValue(budget.soft_amount, "no more than its amount", f"{at}.soft_amount")
    if budget.timezone is not None and not is_timezone(budget.timezone):
        allowed = budget_schema()["properties"]["timezone"]["description"]
        raise WrongValue(budget.timezone, allowed, f"{at}.timezone")
    if budget.starts_on and budget.ends_on and budget.ends_on < budget.starts_on:
        found = budget.ends_on.isoformat()
        raise WrongValue(found, f"a day from {budget.starts_on} on", f"{at}.ends_on")


def budget_schema() -> dict[str, Any]:
    """JSON Schema of one budget."""
    return dict(definitions(Budget)["Budget"])

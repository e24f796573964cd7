"""The panels' figures once more, in SQL over the tables that shares nothing with the views.

Everything is cut row by row in the zone and summed in one go, which is slow and plain.
Only for tests: `Question` is one set of filters, each method gives the query of one panel.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

NOW = datetime(2025, 11, 18, 10, 30)  # noqa: DTZ001 - UTC, as the tables have it
DAYS = 30
FINISHED = "('completed', 'success', 'succeeded', 'approved', 'done', 'finished')"


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def listed(values: tuple[str, ...]) -> str:
    return "(" + ", ".join(map(quoted, values)) + ")"


@dataclass(frozen=True)
class Question:
    """Filters as plain values; `span` is the first and last day of the range."""

    span: tuple[date, date] | None = None
    zone: str = "UTC"
    grain: str = "day"
    projects: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    qa: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    text: str = ""

    def query(self) -> str:
        """The same as text of an address."""
        pairs = [("as_of", f"{NOW.isoformat()}Z"), ("tz", self.zone), ("grain", self.grain)]
        if self.span:
            pairs += [("from", str(self.span[0])), ("to", str(self.span[1]))]
        for name, values in (
            ("project", self.projects),
            ("model", self.models),
            ("role", self.roles),
            ("mode", self.modes),
            ("qa", self.qa),
            ("status", self.statuses),
        ):
            pairs += [(name, value) for value in values]
        if self.text:
            pairs.append(("q", self.text))
        return "&".join(f"{name}={value}" for name, value in pairs)

    @property
    def local_now(self) -> datetime:
        return NOW.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    @property
    def series(self) -> tuple[date, date]:
        """First and last day of the series."""
        last = self.local_now.date()
        return self.span or (last - timedelta(days=DAYS - 1), last)

    def local(self, column: str) -> str:
        return f"(({column} at time zone 'UTC') at time zone '{self.zone}')"

    def chosen(self) -> str:
        """Runs that pass all but the range, with the part that counts, and their local start."""
        rules = [f"(started_at is null or started_at <= timestamp '{NOW}')"]
        for column, values in (
            ("project_name", self.projects),
            ("ifnull(mode, 'unknown')", self.modes),
            ("ifnull(qa_status, 'not_run')", self.qa),
            ("ifnull(final_status, 'unknown')", self.statuses),
        ):
            if values:
                rules.append(f"{column} in {listed(values)}")
        if self.text:
            rules.append(f"task ilike {quoted(f'%{self.text}%')}")
        part = self.part()
        figures = "cost_usd c, total_tokens t, input_tokens i, output_tokens o"
        if part:
            rules.append(f"run_id in (select run_id from {part})")
            figures = ", ".join(
                f"(select case when bool_or({name} is null) then null else sum({name}) end"
                f" from {part} p where p.run_id = r.run_id) {short}"
                for name, short in (
                    ("cost_usd", "c"),
                    ("total_tokens", "t"),
                    ("input_tokens", "i"),
                    ("output_tokens", "o"),
                )
            )
        return (
            "(select run_id, project_name, mode, qa_status q, final_status f,"
            f" rounds_completed n, {self.local('started_at')} s, {figures}"
            f" from runs r where {' and '.join(rules)})"
        )

    def part(self) -> str:
        """What the model and role filters leave of usage; empty without them."""
        rules = [f"model in {listed(self.models)}"] if self.models else []
        if self.roles:
            rules.append(f"role in {listed(self.roles)}")
            return f"(select * from role_usage where {' and '.join(rules)})"
        return f"(select * from model_usage where {rules[0]})" if rules else ""

    def inside(self) -> str:
        """Runs that count."""
        rule = f"s::date between '{self.span[0]}' and '{self.span[1]}'" if self.span else "true"
        return f"(select * from {self.chosen()} where {rule})"

    def dated(self) -> str:
        """Runs of the series, with the first day of their period."""
        first, last = self.series
        return (
            f"(select *, date_trunc('{self.grain}', s)::date d from {self.inside()}"
            f" where s::date between '{first}' and '{last}')"
        )

    def usage(self, table: str) -> str:
        """Rows of model_usage or role_usage that count, before the run is looked at."""
        rules = ["true"]
        if self.models:
            rules.append(f"model in {listed(self.models)}")
        if self.roles:
            rules.append(f"role in {listed(self.roles)}")
        if table == "model_usage" and self.roles:
            return (
                "(select run_id, model, case when bool_or(cost_usd is null) then null"
                f" else sum(cost_usd) end cost_usd from role_usage where {' and '.join(rules)}"
                " group by run_id, model)"
            )
        return f"(select * from {table} where {' and '.join(rules)})"

    def sides(self) -> tuple[str, str]:
        """Rules for this period and for as much of the one before."""
        first, last = (datetime.combine(day, datetime.min.time()) for day in self.series)
        end = last + timedelta(days=1)
        length = end - first
        reached = min(end, max(self.local_now, first))
        return (
            f"s >= '{first}' and s < '{end}'",
            f"s >= '{first - length}' and s < '{reached - length}'",
        )


def timeseries(asked: Question) -> str:
    return (
        "select d, count(*), ifnull(sum(c), 0), ifnull(sum(t), 0),"
        " count(*) filter (where q = 'passed'),"
        f" count(*) filter (where c is null) from {asked.dated()} group by d"
    )


def token_trend(asked: Question) -> str:
    known = "i is not null and o is not null and t is not null and i + o <= t"
    return (
        f"select d, sum(if({known}, i, 0)), sum(if({known}, o, 0)),"
        f" sum(ifnull(t, 0) - if({known}, i + o, 0)), count(*) filter (where t is null)"
        f" from {asked.dated()} group by d"
    )


def model_shares(asked: Question) -> str:
    used = f"{asked.usage('model_usage')} u join {asked.inside()} r on u.run_id = r.run_id"
    return (
        f"select model, ifnull(sum(u.cost_usd), 0), count(*) from {used} group by model union all"
        f" select null, (select ifnull(sum(c), 0) from {asked.inside()})"
        f" - ifnull(sum(u.cost_usd), 0) x, null from {used} having x != 0"
    )


def model_series(asked: Question) -> str:
    return (
        "select d, model, ifnull(sum(u.cost_usd), 0), count(*)"
        f" from {asked.usage('model_usage')} u join {asked.dated()} r on u.run_id = r.run_id"
        " group by d, model"
    )


def roles(asked: Question) -> str:
    used = f"{asked.usage('role_usage')} u join {asked.inside()} r on u.run_id = r.run_id"
    return (
        f"select role, ifnull(sum(u.cost_usd), 0), count(*) from {used} group by role union all"
        f" select null, (select ifnull(sum(c), 0) from {asked.inside()})"
        f" - ifnull(sum(u.cost_usd), 0) x, null from {used} having x != 0"
    )


def outcomes(asked: Question) -> str:
    return (
        "select ifnull(f, 'unknown'), count(*), ifnull(sum(c), 0),"
        f" count(*) filter (where c is null) from {asked.inside()} group by f"
    )


def calendar(asked: Question) -> str:
    first, last = asked.series
    first = max(first, last - timedelta(days=370)) if asked.span else last - timedelta(days=364)
    return (
        f"select s::date, count(*), sum(c) from {asked.inside()}"
        f" where s::date between '{first}' and '{last}' group by s::date"
    )


def changes(asked: Question) -> str:
    now, before = asked.sides()
    both = asked.chosen()
    return " union all ".join(
        f"select '{name}', (select {value} from {both} where {now}),"
        f" (select {value} from {both} where {before})"
        for name, value in (
            ("runs", "count(*)"),
            ("cost", "if(count(*) = 0, 0, sum(c))"),
            ("qa_pass_rate", "count(*) filter (where q = 'passed') / nullif(count(*) filter"
             " (where q in ('passed', 'warning', 'failed')), 0)"),
        )
    )  # fmt: skip


def quality(asked: Question) -> str:
    lost = f"lower(f) not in {FINISHED}"
    return (
        "select project_name, count(*), ifnull(sum(c), 0), count(*) filter (where q = 'passed'),"
        f" ifnull(sum(c) filter (where {lost} or q = 'failed'), 0), avg(n) filter"
        f" (where q = 'passed') from {asked.inside()} group by project_name"
    )


def rounds(asked: Question) -> str:
    return (
        "select if(n > 20, 20, n), count(*), count(*) filter (where q = 'passed'),"
        f" ifnull(sum(c), 0) from {asked.inside()} group by 1"
    )


def money(asked: Question) -> str:
    lost = f"ifnull(lower(f) not in {FINISHED}, false)"
    return (
        f"select d, ifnull(sum(c) filter (where {lost}), 0),"
        f" ifnull(sum(c) filter (where not {lost} and q = 'passed'), 0),"
        f" ifnull(sum(c) filter (where not {lost} and q is null), 0)"
        f" from {asked.dated()} group by d"
    )


def compared(asked: Question) -> str:
    now, before = asked.sides()
    return " union all ".join(
        f"select '{name}', (select {value} from {asked.chosen()} where {now}),"
        f" (select {value} from {asked.chosen()} where {before})"
        for name, value in (
            ("runs", "count(*)"),
            ("tokens", "if(count(*) = 0, 0, sum(t))"),
            ("cost_per_run", "avg(c)"),
            ("tokens_per_run", "avg(t)"),
        )
    )


def drivers(asked: Question) -> str:
    def side(rule: str) -> str:
        counted = f"(select * from {asked.chosen()} where {rule} and c is not null)"
        used = f"{asked.usage('role_usage')} u join {counted} r on u.run_id = r.run_id"
        known = "u.cost_usd is not null"
        return (
            f"select project_name, model, role, sum(u.cost_usd) x from {used} where {known}"
            " group by all union all select project_name, null, null,"
            " sum(c - ifnull((select sum(u.cost_usd) from"
            f" {asked.usage('role_usage')} u where u.run_id = k.run_id), 0)) x"
            f" from {counted} k group by project_name having x != 0"
        )

    now, before = asked.sides()
    return (
        "select project_name, model, role, sum(x) from"
        f" (select * from ({side(now)}) union all"
        f" select project_name, model, role, -x from ({side(before)}))"
        " group by all having sum(x) != 0"
    )

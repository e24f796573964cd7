"""The price table: what it may say, what each call costs, and what stays unknown."""

import json
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from indexer import prices
from indexer.errors import ConfigError

LINE = {"model": "m", "input": 1, "output": 2, "source": "s", "seen": "2026-01-01"}


def table(*lines: Any) -> bytes:
    return json.dumps({"prices": list(lines)}).encode()


def test_the_table_of_the_release_is_whole() -> None:
    lines = prices.shipped().prices
    assert len(lines) > 30
    for line in lines:
        assert line.source.startswith("https://")
        assert line.seen >= date(2026, 1, 1)
        assert line.output > line.input > (line.cache_read or 0)
        if line.cache_write_5m is not None:
            assert (line.cache_write_1h or 0) > line.cache_write_5m > line.input
    first = [line.model for line in lines if line.from_day is None and not line.over_prompt_tokens]
    assert len(first) == len(set(first))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "truncated"),
        (b"\xff\xfe", "malformed"),
        (b"[]", "Expected `object`"),
        (b"{}", "`prices`"),
        (table(LINE | {"input": -1}), "$.prices[0].input: "),
        (table(LINE, LINE | {"output": "2"}), "$.prices[1].output: "),
        (table(LINE | {"from": "soon"}), "$.prices[0].from: "),
        (table(LINE | {"model": ""}), "$.prices[0].model: "),
        (table(LINE | {"inptu": 1}), "inptu"),
        (table(LINE, LINE | {"model": "M"}), "$.prices[1]: 'M' has a price"),
        (table({key: LINE[key] for key in LINE if key != "seen"}), "`seen`"),
    ],
)
def test_a_fault_is_named_with_file_and_place(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "prices.json"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        prices.load(path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.json", Path("a\0b")):
        with pytest.raises(ConfigError):
            prices.load(path)


def row(price: prices.Price) -> tuple[Any, ...]:
    """As the table `prices` has it."""
    return (
        price.model,
        price.from_day,
        price.over_prompt_tokens,
        price.input,
        price.output,
        price.cache_write_5m,
        price.cache_write_1h,
        price.cache_read,
        price.source,
        price.seen,
    )


def price(connection: duckdb.DuckDBPyConnection, *lines: dict[str, Any]) -> None:
    connection.executemany(
        "insert into prices values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [row(line) for line in prices.parse(table(*(LINE | line for line in lines)), "t")],
    )


def call(connection: duckdb.DuckDBPyConnection, call_id: str, **values: Any) -> None:
    row = {
        "call_id": call_id,
        "source": "transcripts",
        "path": "p",
        "file_offset": 0,
        "session_id": "s",
        "model": "m",
        "called_at": "2026-05-05 12:00:00",
        "input_tokens": 1_000_000,
        "output_tokens": 0,
        **values,
    }
    marks = ", ".join("?" * len(row))
    connection.execute(
        f"insert into llm_calls ({', '.join(row)}) values ({marks})", list(row.values())
    )


def costs(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[Any, Any, Any]]:
    rows = connection.execute(
        "select call_id, cost_usd, cost_basis, unpriced_because from call_costs"
    ).fetchall()
    found = {name: tuple(rest) for name, *rest in rows}
    assert len(found) == len(rows)
    return found


def test_every_kind_of_token_has_its_price(connection: duckdb.DuckDBPyConnection) -> None:
    kinds = {"cache_write_5m": 10, "cache_write_1h": 100, "cache_read": 0.5}
    price(connection, kinds)
    call(
        connection,
        "all",
        input_tokens=1_000,
        output_tokens=2_000,
        cache_write_tokens=3_000,
        cache_write_1h_tokens=1_000,
        cache_read_tokens=4_000,
    )
    call(connection, "stated", cost_usd=7, model="nobody knows")
    call(connection, "nothing", input_tokens=0)
    assert costs(connection) == {
        # 0.001·1 + 0.002·2 + 0.002·10 + 0.001·100 + 0.004·0.5
        "all": (Decimal("0.127000000000"), "computed", None),
        "stated": (Decimal(7), "measured", None),
        "nothing": (Decimal(0), "computed", None),
    }
    assert connection.execute(
        "select prompt_tokens, total_tokens from call_costs where call_id = 'all'"
    ).fetchall() == [(8_000, 10_000)]


def test_what_cannot_be_priced_is_unknown_and_says_why(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    price(connection, {"from": "2026-05-01"})
    call(connection, "model", model="other")
    call(connection, "no model", model=None)
    call(connection, "day", called_at="2026-04-30 23:59:59")
    call(connection, "undated", called_at=None)
    call(connection, "tokens", output_tokens=None)
    call(connection, "tier", service_tier="batch")
    call(connection, "cache", cache_read_tokens=1)
    assert costs(connection) == {
        "model": (None, None, "no price of this model"),
        "no model": (None, None, "model not told"),
        "day": (None, None, "no price of that day"),
        "undated": (None, None, "no price of that day"),
        "tokens": (None, None, "tokens not told"),
        "tier": (None, None, "no price of this tier of service"),
        "cache": (None, None, "no price of cached tokens"),
    }


def test_the_price_of_the_day_holds(connection: duckdb.DuckDBPyConnection) -> None:
    price(connection, {}, {"from": "2026-05-05", "input": 5}, {"from": "2026-06-01", "input": 3})
    days = ["2020-01-01", "2026-05-04 23:59:59.999", "2026-05-05", "2026-05-31", "2026-06-01"]
    for day in days:
        call(connection, day, called_at=day)
    assert [costs(connection)[day][0] for day in days] == [1, 1, 5, 5, 3]


def test_long_prompts_have_a_band_of_their_own(connection: duckdb.DuckDBPyConnection) -> None:
    price(
        connection,
        {"cache_read": 0},
        {"from": "2026-02-01", "over_prompt_tokens": 1_000_000, "input": 2, "cache_read": 0},
        {"from": "2026-06-01", "input": 10, "cache_read": 0},
    )
    call(connection, "up to it", cache_read_tokens=0)
    call(connection, "over it", cache_read_tokens=1)
    call(connection, "over it before", cache_read_tokens=1, called_at="2026-01-31")
    call(connection, "over it later", cache_read_tokens=1, called_at="2026-07-01")
    call(connection, "up to it later", called_at="2026-07-01")
    found = {name: cost for name, (cost, _, _) in costs(connection).items()}
    assert found == {
        "up to it": 1,
        "over it": 2,
        "over it before": 1,
        "over it later": 2,
        "up to it later": 10,
    }
    rows = connection.execute(
        "select starts_on, ends_on, over_prompt_tokens, up_to_prompt_tokens from price_periods"
        " order by starts_on nulls first, over_prompt_tokens"
    ).fetchall()
    assert all(before[1] in (after[0], before[1]) for before, after in pairwise(rows))
    assert [row[2:] for row in rows] == [
        (0, None),
        (0, 10**6),
        (10**6, None),
        (0, 10**6),
        (10**6, None),
    ]


@pytest.mark.parametrize(
    ("model", "cost"),
    [
        ("m-20250101", 1),
        ("M-2025-01-01", 1),
        ("m-latest", 1),
        ("m[1m]", 1),
        ("m-1-20250101", None),
        ("mm", None),
        ("m-20250202", 9),
        ("-20250101", None),
    ],
)
def test_a_release_costs_what_the_model_costs(
    connection: duckdb.DuckDBPyConnection, model: str, cost: int | None
) -> None:
    price(connection, {}, {"model": "m-20250202", "input": 9})
    call(connection, "it", model=model)
    assert costs(connection)["it"][0] == cost


def test_what_a_subagent_repeats_is_no_call(connection: duckdb.DuckDBPyConnection) -> None:
    told = {"message_id": "msg", "cost_usd": 1}
    call(connection, "msg/1", role="main", **told)
    call(connection, "msg/2", role="main", **told)
    call(connection, "msg/3", role="subagent", **told)
    call(connection, "elsewhere", role="subagent", session_id="t", **told)
    call(connection, "own", role="subagent", message_id="other", cost_usd=1)
    assert sorted(costs(connection)) == ["elsewhere", "msg/1", "msg/2", "own"]


def test_no_number_is_too_large(connection: duckdb.DuckDBPyConnection) -> None:
    price(connection, {"input": prices.MAX_PRICE})
    call(connection, "it", input_tokens=10**12, service_tier="standard")
    assert costs(connection)["it"][:2] == (None, None)


def test_the_table_of_the_release_prices_known_calls(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.executemany(
        "insert into prices values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [row(line) for line in prices.shipped().prices],
    )
    call(connection, "sonnet", model="claude-sonnet-4-5-20250929", input_tokens=100_000)
    call(connection, "long", model="claude-sonnet-4-5-20250929", input_tokens=300_000)
    call(connection, "o3 before", model="o3-2025-04-16", called_at="2025-06-09")
    call(connection, "o3 after", model="o3-2025-04-16", called_at="2025-06-10")
    found = {name: cost for name, (cost, _, _) in costs(connection).items()}
    assert found == {
        "sonnet": Decimal("0.3"),
        "long": Decimal("1.8"),
        "o3 before": 10,
        "o3 after": 2,
    }

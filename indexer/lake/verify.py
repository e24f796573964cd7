"""Verifying: whether the lake says of this machine's rows what its index says.

Rows of the newest snapshot are compared with the newest of this machine in the lake, and
their parts by number and content. A row of which the lake has a newer version is no
difference: the index was restored from an older state.
"""

from typing import NamedTuple

import duckdb

from indexer.lake.ship import FILES, Shipper
from indexer.lake.tables import OWNERS, Owner, newest_rows


class Verified(NamedTuple):
    """Of one table: rows here, and those that are missing, other or too many in the lake."""

    table: str
    rows: int
    missing: int
    different: int
    surplus: int
    newer: int

    @property
    def is_equal(self) -> bool:
        return not (self.missing or self.different or self.surplus)


def verify(shipper: Shipper, *, mend: bool) -> list[Verified]:
    """Compare; with `mend`, what differs is due again at the next shipment. Raises LakeError."""
    with shipper.snapshot() as connection:
        return [_verify(connection, shipper, owner, mend) for owner in OWNERS]


def _verify(
    connection: duckdb.DuckDBPyConnection, shipper: Shipper, owner: Owner, mend: bool
) -> Verified:
    execute = connection.execute
    execute(
        f"create or replace temp table mine as {_said(shipper, owner)};"
        f" create or replace temp table theirs as {_said(shipper, owner, shipper.lake.name)};"
        " create or replace temp table compared as"
        " select coalesce(mine.key, theirs.key) as key, case"
        " when theirs.key is null then 'missing' when mine.key is null then 'surplus'"
        " when mine.says = theirs.says and mine.parts is not distinct from theirs.parts"
        " then 'equal'"
        " when theirs.version_ns > mine.version_ns then 'newer' else 'different' end as found"
        " from mine full join theirs on mine.key = theirs.key"
    )
    if mend:
        execute(
            "delete from state.shipped where owner = ? and key in"
            " (select key from compared where found in ('missing', 'different'))",
            [owner.table],
        )
        # What the index never had is given up like what it lost.
        execute(
            "insert into state.shipped select ?, theirs.key, 0, theirs.version_ns,"
            " theirs.version_hash from theirs semi join compared on theirs.key = compared.key"
            " and compared.found = 'surplus' where theirs.key not in"
            " (select key from state.shipped where owner = ?)",
            [owner.table, owner.table],
        )
    counts = dict(execute("select found, count(*) from compared group by found").fetchall())
    return Verified(
        owner.table,
        execute("select count(*) from mine").fetchall()[0][0],
        *(counts.get(name, 0) for name in ("missing", "different", "surplus", "newer")),
    )


def _said(shipper: Shipper, owner: Owner, machine: str | None = None) -> str:
    """SQL of key, version, hash of the row and of its parts: here, or a machine's in the lake."""
    parts = " union all ".join(
        f"select {column} as key, {'batch' if machine else 'null'} as batch,"
        f" hash({_listed(shipper.shared[table])}) as said from"
        + (f" lake.{table}_log where machine = '{machine}'" if machine else f" local.{table}")
        for table, column in owner.parts.items()
    )
    if machine is None:
        source = (
            f"select rows.*, null as batch, coalesce(file.mtime_ns, 0) as version_ns,"
            f" coalesce(file.content_hash, '') as version_hash from local.{owner.table} as rows"
            f" left join ({FILES[owner.table]}) as file on rows.{owner.key} = file.key"
        )
    else:
        log = f"(select * from lake.{owner.table}_log where machine = '{machine}')"
        source = f"select * from ({newest_rows(owner, log)}) where not is_removed"
    says = owner.says or _listed(shipper.shared[owner.table])
    return (
        f"with said as (select key, batch, sum(said) as parts from ({parts}) group by key, batch)"
        f" select owned.{owner.key} as key, version_ns, version_hash, hash({says}) as says, parts"
        f" from ({source}) as owned left join said on said.key = owned.{owner.key}"
        " and said.batch is not distinct from owned.batch"
    )


def _listed(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)

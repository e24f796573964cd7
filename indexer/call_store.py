"""What is stored of the calls of other tools: the prices by which their cost is computed.

The runs that follow from calls are made in the transaction that stores what they follow
from, by `queries/load/call_runs.sql`, and only those that it touches.
"""

from collections.abc import Iterable
from datetime import datetime

from indexer import sqlfiles
from indexer.database import Database
from indexer.prices import Price


def apply_prices(
    database: Database, prices: Iterable[Price], now: datetime, *, derive: bool = True
) -> bool:
    """Take a price table up, and compute anew what follows from it; False where it is as before.

    Without `derive` the runs stay as they are: they come from where they were computed.
    """
    with database.transaction():
        database.stage("stage_prices", prices)
        if not database.scalar(sqlfiles.load("price_changes")):
            return False
        database.set_time(now)
        database.run("prices")
        if derive and database.scalar("select count(*) from (from llm_calls limit 1)"):
            database.run("call_runs")
        database.changed()
        return True

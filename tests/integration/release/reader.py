"""A BI tool in miniature: opens the current file again and again until it is told to stop.

Prints one JSON line per visit: the release that the file says it is, and three figures of it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

FIGURES = """
select
    (select release_id from governance.release),
    (select count(*) from marts.orders),
    (select sum(lifetime_orders) from marts.customer_360),
    (select sum(net_revenue)::bigint from marts.orders)
"""


PAUSE_SECONDS = 1
"""Fifty readers shall not starve the publisher of its two processors."""


def read_until(*, file: Path, stop: Path) -> None:
    """Open, read in two statements of one connection, close, and again."""
    while True:
        is_last = stop.exists()
        with duckdb.connect(str(file), read_only=True, config={"threads": 1}) as connection:
            first = connection.execute(FIGURES).fetchone()
            second = connection.execute(FIGURES).fetchone()
        print(json.dumps([first, second]), flush=True)
        if is_last:
            return
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    read_until(file=Path(sys.argv[1]), stop=Path(sys.argv[2]))

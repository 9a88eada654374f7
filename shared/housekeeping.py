"""What every schema has to forget, a little at a time.  Workers, relays and timers run it."""

from datetime import datetime
from typing import Any

from psycopg2 import extensions

from shared.db import queries

SQL = queries(__file__)  # every query here is run in turn with the parameter `now`


def sweep(cursor: extensions.cursor, now: datetime) -> dict[str, Any]:
    """Delete some of what is due of each kind; return how many rows of each."""
    swept = {}
    for name, statement in SQL.items():
        cursor.execute(statement, {"now": now})
        swept[name] = cursor.rowcount
    return swept

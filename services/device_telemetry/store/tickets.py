"""Tickets to live streams, kept only as hashes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.db import Transaction, queries

SQL = queries(__file__)


def keep(tx: Transaction, ticket: Mapping[str, Any], now: datetime) -> None:
    """Remember a ticket, and forget those nobody used."""
    tx.run(SQL["forget"], {"now": now})
    tx.run(SQL["keep"], ticket)


def use(tx: Transaction, sha256: bytes, now: datetime) -> dict[str, Any] | None:
    """Take a ticket away and return it; None: unknown, used, or too old."""
    return tx.one(SQL["use"], {"sha256": sha256, "now": now})

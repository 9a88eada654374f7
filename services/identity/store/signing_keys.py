"""Keys that sign access tokens, in PostgreSQL."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.db import Transaction, queries

SQL = queries(__file__)


def lock(tx: Transaction) -> None:
    """Let one process at a time make keys."""
    tx.run(SQL["lock"])


def insert(tx: Transaction, key: Mapping[str, Any]) -> None:
    """Store a key; its `public_jwk` is a dict."""
    tx.run(SQL["insert"], {**key, "public_jwk": json.dumps(key["public_jwk"])})


def current(tx: Transaction, now: datetime) -> dict[str, Any] | None:
    """Return the key to sign with."""
    return tx.one(SQL["current"], {"now": now})


def published(tx: Transaction, now: datetime) -> list[dict[str, Any]]:
    """Return the public halves that count now or soon."""
    return [row["public_jwk"] for row in tx.all(SQL["published"], {"now": now})]


def retire_others(tx: Transaction, kid: str, retire_at: datetime) -> int:
    """Let every other key end then, unless it ends sooner."""
    return tx.run(SQL["retire_others"], {"kid": kid, "retire_at": retire_at})

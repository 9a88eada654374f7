"""Which event types the queue was bound to: the broker does not tell, nobody else unbinds."""

from collections.abc import Iterable

from shared.db import Transaction, queries

SQL = queries(__file__)


def replace(tx: Transaction, types: Iterable[str]) -> list[str]:
    """Remember `types` as bound; return those that were and should be no more."""
    return [row["type"] for row in tx.all(SQL["replace"], {"types": sorted(types)})]

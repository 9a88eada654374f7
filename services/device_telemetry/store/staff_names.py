"""What staff are called, for who has seen an alarm."""

from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def remember(tx: Transaction, staff_id: UUID, name: str) -> None:
    """Know what a person is called now."""
    tx.run(SQL["remember"], {"staff_id": staff_id, "name": name})

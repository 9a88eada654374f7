"""What every service remembers of staff: since which epoch their tokens count.

Put `remember` into a service's HANDLERS for `identity.staff_changed.v1`; the guard asks `epoch_of`.
"""

from uuid import UUID

from shared.db import Transaction
from shared.events.catalogue import Event

STAFF_CHANGED = "identity.staff_changed.v1"

_REMEMBER = """
INSERT INTO staff_epochs AS known (staff_id, epoch) VALUES (%(staff_id)s, %(epoch)s)
ON CONFLICT (staff_id) DO UPDATE SET epoch = greatest(known.epoch, excluded.epoch)
"""
_EPOCH = "SELECT epoch FROM staff_epochs WHERE staff_id = %(staff_id)s"


def remember(tx: Transaction, event: Event) -> None:
    """Note the epoch of a person whose rights changed: tokens of older epochs are refused."""
    remember_epoch(tx, event.subject, event.data["epoch"])


def remember_epoch(tx: Transaction, staff_id: UUID, epoch: int) -> None:
    """Note an epoch; an older one changes nothing."""
    tx.run(_REMEMBER, {"staff_id": staff_id, "epoch": epoch})


def epoch_of(tx: Transaction, staff_id: UUID) -> int:
    """Return the epoch since which tokens count; 0 for somebody we never heard of."""
    row = tx.one(_EPOCH, {"staff_id": staff_id})
    return int(row["epoch"]) if row else 0

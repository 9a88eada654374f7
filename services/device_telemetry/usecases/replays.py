"""Trying again to store what was set aside: by our own fault, or until its holes had closed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.device_telemetry.store import set_aside as store
from services.device_telemetry.usecases import lanes
from services.device_telemetry.usecases.set_aside import MOST_BYTES_KEPT, Message
from shared import logging
from shared.amqp import failures
from shared.db import Transaction
from shared.errors import Conflict, NotFound

MOST_TRIES: Final = 12  # the last of them about six days after the first
FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(days=1)


class NotSetAside(NotFound):
    """Nothing of that id, or of a clinic that the caller may not see."""

    type = "not-set-aside"
    title = "This is not here"


class StillRefused(Conflict):
    """Trying again changed nothing."""

    type = "still-refused"
    title = "It cannot be stored as it is"


def replay(tx: Transaction, aside_id: UUID, now: datetime) -> None:
    """Try to store a message again; it is gone from here when that went well.

    It also goes when it is now refused for another reason, under which it is then listed.
    Raises NotSetAside or StillRefused, and nothing has changed then.
    """
    row = store.hold(tx, aside_id)
    if row is None:
        raise NotSetAside("This message is not set aside, or no longer.")
    apply = lanes.APPLY.get(_lane(row["topic"]))
    if apply is None or len(row["body"]) >= MOST_BYTES_KEPT:
        raise StillRefused("Its topic is none that devices write to, or it was too large to keep.")
    try:
        _try(tx, apply, row, now)
    except Exception as error:
        if isinstance(error, StillRefused) or failures.database_is_unwell(error):
            raise
        logging.log_fault(error)
        raise StillRefused("Storing it fails as before; an engineer looks at the log.") from error


def senders_due(tx: Transaction, now: datetime) -> list[UUID]:
    """Return of whom something is to be tried again, in order: devices, and nobody as one."""
    return store.senders_due(tx, now)


def replay_due(tx: Transaction, sender: UUID, now: datetime) -> bool:
    """Try what is due longest of a sender; say whether there was any.

    One a transaction: whoever tried those of several devices would hold their streams in no order,
    and what they send now would wait for all of them.
    """
    aside_id = store.due(tx, sender, now)
    if aside_id is None:
        return False
    try:
        replay(tx, aside_id, now)
    except StillRefused:
        row = store.hold(tx, aside_id)
        tries = row["tries"] if row else 0
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (tries + 1))
        store.postpone(tx, aside_id, now + wait if tries < MOST_TRIES else None)
    return True


def _try(tx: Transaction, apply: lanes.Apply, row: Mapping[str, Any], now: datetime) -> None:
    """Store it and take it off the list, or neither."""
    with tx.savepoint():
        apply(tx, [Message(row["topic"], bytes(row["body"]), row["first_at"])], now)
        if store.times(tx, row["id"]) > row["times"]:
            raise StillRefused(f"It is refused for the same reason as before: {row['reason']}.")
        store.remove(tx, row["id"])


def _lane(topic: str) -> str:
    return topic.rpartition(".")[2]

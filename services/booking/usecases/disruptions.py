"""Finding the appointments that cannot take place as they stand, and those that can again.

Whoever changes a clinic, a person, a room or a device only asks for a look; the timer looks, batch
by batch.  What it finds is written under the appointment's lock, once.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.booking.domain import disruptions as rules
from services.booking.domain.availability import OFFLINE_WITHDRAWS
from services.booking.domain.changes import Change
from services.booking.domain.disruptions import Facts
from services.booking.store import appointments as appointments_store
from services.booking.store import availability, rechecks
from services.booking.store import disruptions as store
from services.booking.store.availability import Question
from services.booking.usecases import announcements
from shared.db import Transaction

BATCH = 50
SECOND_LOOK = timedelta(minutes=1)  # longer than any booking takes
_MINUTE = timedelta(minutes=1)


def look_again(
    tx: Transaction,
    clinic_id: UUID,
    *,
    resource_id: UUID | None = None,
    now: datetime | None = None,
) -> None:
    """Ask that a clinic's appointments to come are looked at, not before `now`.

    `resource_id` is a practitioner, room, device or client: only theirs.
    """
    rechecks.ask(tx, clinic_id, resource_id, now)


def look(tx: Transaction, now: datetime) -> bool:
    """Look at the next appointments; say whether there may be more.  For the timer."""
    asked = rechecks.take(tx, now)
    if asked is None:
        return False
    rows = store.ahead(tx, asked, now, BATCH)
    _note(tx, [row["id"] for row in rows], now)
    if len(rows) == BATCH:
        rechecks.go_on(tx, asked, rows[-1]["starts_at"], rows[-1]["id"])
    elif asked.second_look:
        rechecks.finish(tx, asked)
    else:
        rechecks.later(tx, asked, now + SECOND_LOOK)
    return True


def watch_sleepers(tx: Transaction, now: datetime) -> None:
    """Ask for a look at devices that are off line shortly before they are needed.  For the timer.

    A pen may sleep in its drawer tonight; two hours before a treatment it is missed.
    """
    for device in store.asleep(tx, now, now + OFFLINE_WITHDRAWS):
        look_again(tx, device["clinic_id"], resource_id=device["id"], now=now)


def page(tx: Transaction, wanted: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """Return what is disrupted at a clinic: {"appointment", "kinds", "sentence", "since"}, by time.

    `wanted` as for the store.
    """
    return [
        {
            "appointment": row,
            "kinds": row["disrupted"],
            "sentence": row["sentence"],
            "since": row["since"],
        }
        for row in store.page(tx, wanted, now)
    ]


def ids(tx: Transaction, wanted: Mapping[str, Any], now: datetime, limit: int) -> list[UUID]:
    """Return the first disrupted appointments by time that another place may help.

    `wanted` as for the store, without a row.
    """
    first = {**wanted, "limit": limit, "starts_at": None, "id": None}
    found = store.page(tx, first, now)
    return [row["id"] for row in found if rules.UNMENDED.isdisjoint(row["disrupted"])]


def _note(tx: Transaction, ids: Iterable[UUID], now: datetime) -> None:
    """Write down what is new about these appointments.

    They are locked only where something is; then it is looked at once more.
    """
    changed = [each["id"] for each in store.facts(tx, ids) if _is_new(each, _found(tx, each, now))]
    if not changed:
        return
    for each in store.facts(tx, store.lock(tx, changed)):
        found = _found(tx, each, now)
        if _is_new(each, found):
            _write(tx, each, found, now)


def _is_new(facts: Mapping[str, Any], found: Mapping[str, str]) -> bool:
    return set(found) != set(facts["disrupted"])


def _found(tx: Transaction, facts: Mapping[str, Any], now: datetime) -> dict[str, str]:
    question = Question(
        facts["clinic_id"],
        facts["treatment_id"],
        facts["starts_at"],
        facts["starts_at"] + _MINUTE,
        practitioner_id=facts["practitioner_id"],
        client_id=facts["client_id"],
        except_id=facts["id"],
    )
    answer = availability.situation(tx, question, now)
    if answer.situation is None:
        return {}
    names = Facts.__dataclass_fields__
    here = facts["device_clinic_id"] == facts["clinic_id"] and facts["device_status"] != "retired"
    own = Facts(**{name: facts[name] for name in names if name in facts}, device_here=here)
    return rules.kinds(own, answer.situation, clinic_active=answer.clinic_active)


def _write(
    tx: Transaction, facts: Mapping[str, Any], found: Mapping[str, str], now: datetime
) -> None:
    store.begin(tx, facts, found, now)
    current = appointments_store.find(tx, facts["id"])
    if current is None:
        return
    changed = {**current, "disrupted": sorted(found), "version": current["version"] + 1}
    appointments_store.update(tx, changed)
    reason = " ".join(found.values()) or None
    change = Change(None, now, reason)
    announcements.appointment(tx, changed, "changed", ["disrupted"], change)

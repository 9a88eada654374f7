"""What administrators do with staff.  Each function is one transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.identity.domain.staff import Person, require_fitting, require_not_own
from services.identity.store import sessions
from services.identity.store import staff as store
from shared import outbox
from shared import staff as epochs
from shared.db import Transaction

_RIGHTS = ("roles", "clinic_ids", "active", "password_hash")


def add(tx: Transaction, person: Mapping[str, Any], now: datetime) -> Person:
    """Add somebody (id, email, name, roles, clinic_ids, password_hash or None); announce them.

    Raises RolesDoNotFit or EmailTaken.
    """
    require_fitting(person["roles"], person["clinic_ids"])
    store.insert(tx, person, now)
    return _announced(tx, person["id"])


def change(tx: Transaction, staff_id: UUID, changes: Mapping[str, Any], now: datetime) -> Person:
    """Change a locked person and announce it.

    `changes`: any of email, name, roles, clinic_ids, active, password_hash.  A change of rights
    makes older access tokens worthless.  Raises RolesDoNotFit or EmailTaken.
    """
    row = store.find(tx, staff_id, everywhere=True)
    wanted = {**row, "password_hash": None, **changes}
    wanted["roles"], wanted["clinic_ids"] = frozenset(wanted["roles"]), _ids(wanted["clinic_ids"])
    require_fitting(wanted["roles"], wanted["clinic_ids"])
    rights_changed = any(name in changes for name in _RIGHTS)
    store.update(tx, {**wanted, "epoch_step": int(rights_changed)})
    if "clinic_ids" in changes:
        store.leave(tx, staff_id)
        store.join(tx, staff_id, wanted["clinic_ids"])
    if "password_hash" in changes or not wanted["active"]:
        sessions.end_all(tx, staff_id, "rights changed", now)
    return _announced(tx, staff_id)


def lock(tx: Transaction, staff_id: UUID, by: UUID, changes: Mapping[str, Any]) -> Person:
    """Return the person to be changed, held until commit.  Raises OwnAccess or StaffUnknown."""
    require_not_own(by, staff_id, changes)
    return Person.of(store.lock(tx, staff_id))


def _ids(clinic_ids: Any) -> frozenset[UUID]:
    return frozenset(clinic_ids)


def _announced(tx: Transaction, staff_id: UUID) -> Person:
    """Tell everybody how the person is now; identity remembers the epoch as all others do."""
    person = Person.of(store.find(tx, staff_id, everywhere=True))
    epochs.remember_epoch(tx, person.id, person.epoch)
    facts = {
        "staff_id": person.id,
        "name": person.name,
        "roles": sorted(person.roles),
        "clinic_ids": None if person.reach is None else sorted(person.reach),
        "active": person.active,
        "epoch": person.epoch,
    }
    outbox.emit(tx, epochs.STAFF_CHANGED, subject=person.id, data=facts, clinic_id=None)
    return person

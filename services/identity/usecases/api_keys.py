"""API keys: a till or a calendar acts in one role at one clinic."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.identity.domain.staff import (
    Person,
    StaffUnknown,
    require_fitting,
    require_within,
    stands_behind,
)
from services.identity.store import api_keys as store
from services.identity.store import staff
from services.identity.usecases.sign_in import digest
from shared.db import Transaction
from shared.errors import NotFound


class ApiKeyUnknown(NotFound):
    """The caller's clinics have no such key."""


def add(
    tx: Transaction, wanted: Mapping[str, Any], secret: str, makers_roles: frozenset[str]
) -> dict[str, Any]:
    """Store a key: id, clinic_id or None, label, role, created_by, now, expires_at or None.

    A key that a key makes belongs to the person behind both.  Raises MoreThanYours or
    RolesDoNotFit.
    """
    require_within(wanted["role"], makers_roles)
    clinics = frozenset({wanted["clinic_id"]} if wanted["clinic_id"] else ())
    require_fitting(frozenset({wanted["role"]}), clinics)
    parent = store.find(tx, wanted["created_by"])
    maker = parent["created_by"] if parent else wanted["created_by"]
    store.insert(tx, {**wanted, "created_by": maker, "digest": digest(secret)})
    return {**wanted, "key": secret, "created_at": wanted["now"], "last_used_at": None}


def revoke(tx: Transaction, key_id: UUID, now: datetime) -> None:
    """End a key.  Raises ApiKeyUnknown."""
    if not store.revoke(tx, key_id, now):
        raise ApiKeyUnknown("There is no such key.")


def use(tx: Transaction, secret: str, now: datetime) -> dict[str, Any] | None:
    """Return the key if it counts, and if whoever made it could still make it."""
    key = store.use(tx, digest(secret), now)
    if key is None:
        return None
    try:
        maker = Person.of(staff.find(tx, key["created_by"], everywhere=True))
    except StaffUnknown:
        return None
    return key if stands_behind(maker, key["role"], key["clinic_id"]) else None

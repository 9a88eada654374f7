"""Writing down who looked at whom, and reading it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from services.client_records.domain import accesses
from services.client_records.store import accesses as store
from services.client_records.store import clients
from services.client_records.store.clients import Client
from shared.db import Transaction


def note(
    tx: Transaction, client: Client, what: tuple[str, str], *, by: UUID, now: datetime
) -> None:
    """Write down one look at one client: action and purpose.  Last in a transaction."""
    store.record(tx, client.clinic_id, [client.id], actor_id=by, what=what, at=now)


def note_list(
    tx: Transaction,
    seen: Iterable[tuple[UUID, UUID]],
    what: tuple[str, str],
    *,
    by: UUID,
    now: datetime,
) -> None:
    """Write down a list of (clinic id, client id): one entry a clinic.  Last in a transaction."""
    clinics: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for clinic_id, client_id in seen:
        clinics[clinic_id].add(client_id)
    for clinic_id in sorted(clinics):
        store.record(tx, clinic_id, clinics[clinic_id], actor_id=by, what=what, at=now)


def of_client(
    tx: Transaction, client_id: UUID, limit: int, before: int | None
) -> list[dict[str, Any]]:
    """Return who looked at a client; erased clients' too.  Raises ClientUnknown."""
    clients.require_known(tx, client_id)
    return store.of_client(tx, client_id, limit, before)


def chain(tx: Transaction, clinic_id: UUID) -> dict[str, Any]:
    """Return a clinic's log as head and length, and whether it is whole."""
    entries = store.chain(tx, clinic_id)
    broken = accesses.first_broken(entries)
    head = entries[-1].hash if entries else accesses.FIRST
    return {
        "clinic_id": clinic_id,
        "length": len(entries),
        "head_sha256": head.hex(),
        "whole": broken is None,
        "first_broken": broken,
    }

"""Registering, finding, changing and erasing clients."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.client_records.domain import clients as rules
from services.client_records.domain.answers import LAST_ZONE
from services.client_records.domain.clients import Identity
from services.client_records.store import clients as store
from services.client_records.store import projections, sessions
from services.client_records.store.clients import Client
from services.client_records.usecases import accesses
from shared import outbox
from shared.db import Transaction
from shared.errors import Conflict, Precondition

CHUNK = 500  # clients opened at a time in a search by name


class TreatmentRunning(Conflict):
    """Nobody is erased in the middle of a treatment."""

    type = "treatment-running"
    title = "A treatment is running"


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client to register."""

    id: UUID
    clinic_id: UUID
    identity: Identity
    locale: str


def register(tx: Transaction, new: NewClient, *, by: UUID, now: datetime) -> dict[str, Any]:
    """Register a client and announce how they may be reached; return them.

    `possible_duplicates` share the e-mail or phone but not the birth date.  Raises ClientExists or
    BirthDateWrong.
    """
    _require_birth_date(tx, new.clinic_id, new.identity, now)
    duplicates = rules.require_new(new.identity, store.sharing(tx, new.clinic_id, new.identity))
    store.insert(tx, new.id, new.clinic_id, new.identity, locale=new.locale, now=now)
    client = store.find(tx, new.id)
    _announce(tx, client)
    accesses.note(tx, client, ("client.register", "registration"), by=by, now=now)
    return view(client) | {"possible_duplicates": list(duplicates)}


def get(tx: Transaction, client_id: UUID, *, by: UUID, now: datetime) -> dict[str, Any]:
    """Return a client.  Raises ClientUnknown or ClientErased."""
    client = store.find(tx, client_id)
    accesses.note(tx, client, ("client.read", "record"), by=by, now=now)
    return view(client)


def named(
    tx: Transaction, client_ids: Iterable[UUID], *, by: UUID, now: datetime
) -> list[dict[str, Any]]:
    """Return those of the named clients who are in scope and not erased."""
    return _seen(tx, store.some(tx, client_ids), "list", by=by, now=now)


def page(  # the clinics are named so that an index serves, not only a filter
    tx: Transaction,
    clinics: Collection[UUID],
    limit: int,
    after: UUID | None,
    *,
    by: UUID,
    now: datetime,
) -> list[dict[str, Any]]:
    """Return the clinics' clients in the order in which they came."""
    return _seen(tx, store.page(tx, clinics, limit, after), "list", by=by, now=now)


def search(
    tx: Transaction,
    query: str,
    clinics: Collection[UUID],
    limit: int,
    *,
    by: UUID,
    now: datetime,
) -> list[dict[str, Any]]:
    """Return at most `limit` clients by e-mail, by telephone number, or by beginnings of names.

    Addresses are found by blind index.  Names have none, for names can be guessed: the clinics'
    clients are opened here, one after the other.  Raises SearchTooShort.
    """
    wanted = query.strip()
    if "@" in wanted:
        found = store.by_address(tx, clinics, "email", rules.normalised_email(wanted))
    elif rules.is_number(wanted):
        found = store.by_address(tx, clinics, "phone", rules.normalised_phone(wanted))
    else:
        found = _by_name(tx, wanted, clinics, limit)
    return _seen(tx, found[:limit], "search", by=by, now=now)


def lock(tx: Transaction, client_id: UUID) -> Client:
    """Return a client about to be changed.  Raises ClientUnknown or ClientErased."""
    return store.lock(tx, client_id)


def change(
    tx: Transaction, client: Client, changes: Mapping[str, Any], *, by: UUID, now: datetime
) -> dict[str, Any]:
    """Change what is known of a locked client, announce it and return the client.

    Raises ClientExists, BirthDateWrong, or Precondition when somebody was faster.
    """
    locale = changes.get("locale", client.locale)
    identity = replace(
        client.identity, **{name: to for name, to in changes.items() if name != "locale"}
    )
    _require_birth_date(tx, client.clinic_id, identity, now)
    sharing = store.sharing(tx, client.clinic_id, identity)
    sharing.pop(client.id, None)
    duplicates = rules.require_new(identity, sharing)
    if store.update(tx, client, identity, locale, now) is None:
        raise Precondition("Somebody changed this client meanwhile. Load it again.")
    changed = store.find(tx, client.id)
    _announce(tx, changed)
    accesses.note(tx, changed, ("client.change", "correction"), by=by, now=now)
    return view(changed) | {"possible_duplicates": list(duplicates)}


def erase(tx: Transaction, client_id: UUID, *, by: UUID, now: datetime) -> None:
    """Destroy a client's key, and with it all that was sealed for them, and announce it.

    What stays (times, depths, lots, outcomes) names nobody.  Raises ClientUnknown, ClientErased or
    TreatmentRunning.
    """
    client = store.lock(tx, client_id)
    if sessions.running_of_client(tx, client_id):
        raise TreatmentRunning("A treatment of this client is running: end it first.")
    store.erase(tx, client_id, now)
    outbox.emit(
        tx,
        "client_records.client_erased.v1",
        subject=client_id,
        data={"client_id": client_id, "clinic_id": client.clinic_id},
        clinic_id=client.clinic_id,
    )
    accesses.note(tx, client, ("client.erase", "erasure"), by=by, now=now)


def view(client: Client) -> dict[str, Any]:
    """Return a client as they are shown."""
    identity = client.identity
    return {
        "id": client.id,
        "clinic_id": client.clinic_id,
        "given_name": identity.given_name,
        "family_name": identity.family_name,
        "birth_date": identity.birth_date,
        "email": identity.email,
        "phone": identity.phone,
        "locale": client.locale,
        "version": client.version,
        "created_at": client.created_at,
    }


def _by_name(tx: Transaction, wanted: str, clinics: Collection[UUID], limit: int) -> list[Client]:
    if len(rules.normalised_name(wanted)) < rules.LEAST_SEARCH:
        raise rules.SearchTooShort("Type at least two letters of the name.")
    found: list[Client] = []
    after = None
    while chunk := store.page(tx, clinics, CHUNK, after):
        found += [client for client in chunk if rules.name_matches(client.identity, wanted)]
        after = chunk[-1].id
    ranked = rules.best(((client.id, client.identity) for client in found), limit)
    by_id = {client.id: client for client in found}
    return [by_id[client_id] for client_id, _ in ranked]


def _seen(
    tx: Transaction, found: Sequence[Client], purpose: str, *, by: UUID, now: datetime
) -> list[dict[str, Any]]:
    looked_at = [(client.clinic_id, client.id) for client in found]
    accesses.note_list(tx, looked_at, ("client.read", purpose), by=by, now=now)
    return [view(client) for client in found]


def _require_birth_date(
    tx: Transaction, clinic_id: UUID, identity: Identity, now: datetime
) -> None:
    zone = projections.clinic(tx, clinic_id).zone or LAST_ZONE
    rules.require_birth_date(identity.birth_date, now.astimezone(zone).date())


def _announce(tx: Transaction, client: Client) -> None:
    outbox.emit(
        tx,
        "client_records.client_changed.v1",
        subject=client.id,
        data={
            "client_id": client.id,
            "clinic_id": client.clinic_id,
            "given_name": client.identity.given_name,
            "email": client.identity.email,
            "phone": client.identity.phone,
            "locale": client.locale,
            "time_zone": None,
            "version": client.version,
            "active": True,
        },
        clinic_id=client.clinic_id,
    )

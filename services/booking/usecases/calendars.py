"""Giving a diary an address that calendar programs can read, and taking it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain import calendars as rules
from services.booking.domain.calendars import CalendarUnknown, SubjectMissing
from services.booking.store import calendars as store
from services.booking.usecases import clinics, practitioners, rooms
from shared import db
from shared.db import Transaction


@dataclass(frozen=True, slots=True)
class Diary:
    """What an address shows: whose, and its entries by time."""

    name: str
    kind: str
    time_zone: str
    starts_from: datetime
    starts_until: datetime
    entries: Sequence[Mapping[str, Any]]


def give(
    tx: Transaction, wanted: Mapping[str, Any], token: str, roles: frozenset[str]
) -> dict[str, Any]:
    """Give a diary an address; `wanted`: id, clinic_id, kind, subject_id, created_by, created_at.

    Raises ClinicUnknown, PractitionerUnknown, RoomUnknown, SubjectMissing or NotYourDiary.
    """
    subject_id = _subject(tx, wanted)
    rules.require_may_give(wanted["kind"], subject_id, None, wanted["created_by"], roles)
    calendar = {**wanted, "subject_id": subject_id}
    store.insert(tx, {**calendar, "token_hash": rules.digest(token)})
    return calendar


def renew(
    tx: Transaction, current: Mapping[str, Any], token: str, *, by: UUID, roles: frozenset[str]
) -> dict[str, Any]:
    """Replace an address that `find` returned.  Raises NotYourDiary or CalendarUnknown."""
    _require(current, by, roles)
    if not store.renew(tx, current["id"], rules.digest(token)):
        raise CalendarUnknown("There is no such calendar.")
    return dict(current)


def revoke(
    tx: Transaction, current: Mapping[str, Any], *, by: UUID, roles: frozenset[str], now: datetime
) -> None:
    """End an address that `find` returned.  Raises NotYourDiary or CalendarUnknown."""
    _require(current, by, roles)
    if not store.revoke(tx, current["id"], now):
        raise CalendarUnknown("There is no such calendar.")


def staff_changed(
    tx: Transaction,
    staff_id: UUID,
    clinic_ids: Sequence[UUID] | None,
    *,
    active: bool,
    now: datetime,
) -> None:
    """End the addresses of somebody who left, or who no longer works at a clinic.

    `clinic_ids` None: every clinic.
    """
    if not active:
        store.revoke_of(tx, staff_id, None, now)
    elif clinic_ids is not None:
        store.revoke_of(tx, staff_id, clinic_ids, now)


def find(tx: Transaction, clinic_id: UUID, calendar_id: UUID) -> dict[str, Any]:
    """Return an address without its secret.  Raises CalendarUnknown."""
    found = store.find(tx, clinic_id, calendar_id)
    if found is None:
        raise CalendarUnknown("There is no such calendar at this clinic.")
    return found


def page(tx: Transaction, clinic_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's addresses, oldest first, without their secrets."""
    return store.page(tx, clinic_id, binds)


def read(tx: Transaction, token: str, now: datetime) -> Diary:
    """Return the diary behind an address.  `tx` sees every clinic, and from here on only one.

    Raises CalendarUnknown.
    """
    found = store.behind(tx, rules.digest(token))
    if found is None:
        raise CalendarUnknown("There is no calendar at this address.")
    tx.narrow(db.Scope.of([found["clinic_id"]]))
    starts_from, starts_until = rules.window(now)
    wanted = {
        "clinic_id": found["clinic_id"],
        "practitioner_id": found["subject_id"] if found["kind"] == "practitioner" else None,
        "room_id": found["subject_id"] if found["kind"] == "room" else None,
        "starts_from": starts_from,
        "starts_until": starts_until,
        "shown": list(rules.SHOWN),
        "given_up": list(rules.GIVEN_UP),
        "limit": rules.MOST_ENTRIES,
    }
    names = [name for name in (found["subject_name"], found["clinic_name"]) if name]
    entries = store.entries(tx, wanted)
    zone = found["time_zone"]
    return Diary(" · ".join(names), found["kind"], zone, starts_from, starts_until, entries)


def _subject(tx: Transaction, wanted: Mapping[str, Any]) -> UUID:
    """Return whose diary it is, which is somebody or a room of the clinic, or the clinic."""
    clinic_id: UUID = wanted["clinic_id"]
    subject_id: UUID | None = wanted["subject_id"]
    clinics.find(tx, clinic_id)
    if (subject_id is None) != (wanted["kind"] == "clinic"):
        raise SubjectMissing("Name the practitioner or the room; a clinic's calendar names none.")
    if subject_id is None:
        return clinic_id
    if wanted["kind"] == "practitioner":
        practitioners.find(tx, clinic_id, subject_id)
    else:
        rooms.find(tx, clinic_id, subject_id)
    return subject_id


def _require(current: Mapping[str, Any], by: UUID, roles: frozenset[str]) -> None:
    kind, subject_id, made_by = (current[name] for name in ("kind", "subject_id", "created_by"))
    rules.require_may_give(kind, subject_id, made_by, by, roles)

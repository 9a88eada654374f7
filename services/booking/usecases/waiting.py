"""Who waits for a place at a clinic, and what would suit them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking.domain import hours, refusals
from services.booking.domain import waiting as rules
from services.booking.domain.appointments import MOVABLE
from services.booking.domain.changes import Change
from services.booking.domain.situation import Screening
from services.booking.domain.waiting import Wishes
from services.booking.store import appointments, clinics
from services.booking.store import waiting as store
from services.booking.usecases import availability, offers, places
from shared.db import Transaction

BATCH = 500


def join(tx: Transaction, wanted: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """Put a client on the list; `wanted` holds `id`, `clinic_id` and the wishes as typed.

    Without a last day the client waits as far ahead as the clinic plans.  Raises WaitsAlready, as
    availability.look, and for wishes that nothing can meet as domain.waiting.check; also
    ScreeningRefused, PriorityUnexplained and AppointmentDiffers.
    """
    question = places.question(
        wanted["clinic_id"],
        wanted["treatment_id"],
        change.now,
        practitioner_id=wanted["practitioner_id"],
        client_id=wanted["client_id"],
        zones=tuple(wanted["zones"]) if wanted["zones"] else None,
    )
    situation, _ = availability.look(tx, question, change.now)
    if situation.screening and situation.screening.outcome == "refuse":
        raise refusals.error(situation, change.now, ["screening_refused"])
    clinic, today = situation.clinic, change.now.astimezone(situation.clinic.zone).date()
    entry = {
        **_typed(wanted),
        "from_day": wanted["from_day"] or today,
        "until_day": wanted["until_day"] or today + timedelta(days=clinic.horizon_days),
        "zones": wanted["zones"] or None,
        "created_at": change.now,
        "created_by": change.by,
    }
    entry["expires_at"] = _checked(tx, entry, change.now, clinic.zone, clinic.horizon_days)
    if not store.insert(tx, entry):
        raise rules.WaitsAlready("The client is on the waiting list for this treatment already.")
    return find(tx, entry["id"])


def change(
    tx: Transaction, current: Mapping[str, Any], changes: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Change the wishes or the priority of an entry that `find` locked.

    An offer that is open stays so.  Raises WaitsNoLonger, and as `join`.
    """
    _require_live(current)
    entry = {**current, **_typed(changes)}
    if changes.get("practitioner_id"):
        question = places.question(
            entry["clinic_id"], entry["treatment_id"], now, practitioner_id=entry["practitioner_id"]
        )
        availability.look(tx, question, now)
    clinic = clinics.find(tx, entry["clinic_id"])
    horizon = clinic["horizon_days"] if clinic else 0
    zone = ZoneInfo(entry["time_zone"])
    entry["expires_at"] = _checked(tx, entry, now, zone, horizon)
    store.update(tx, entry, now)
    return find(tx, entry["id"])


def withdraw(tx: Transaction, current: Mapping[str, Any], change: Change) -> None:
    """Take an entry that `find` locked off the list; the place it was offered goes to the next.

    Withdrawing twice changes nothing.  Raises WaitsNoLonger for one who has a place.
    """
    if current["status"] in {"withdrawn", "expired"}:
        return
    _require_live(current)
    offers.close(tx, current["id"], "withdrawn", change)
    store.enter(tx, current["id"], "withdrawn", change.now)


def client_erased(tx: Transaction, client_id: UUID, *, now: datetime) -> None:
    """Take a client off every list, and forget why they came first.

    Locks entries: call it before appointments are locked.
    """
    for entry_id in store.of_client(tx, client_id):
        withdraw(tx, find(tx, entry_id), Change(None, now))
    store.forget_reasons(tx, client_id)


def screened(
    tx: Transaction, client_id: UUID, treatment_id: UUID, outcome: Screening, *, now: datetime
) -> None:
    """Take back what a client was offered and must not have any more; the next in line is asked.

    Locks entries: call it before appointments are locked.
    """
    for entry_id in store.of_client(tx, client_id):
        entry = find(tx, entry_id)
        if entry["treatment_id"] != treatment_id or entry["offer_id"] is None:
            continue
        offer = offers.find(tx, entry["offer_id"])
        if outcome.said_of(offer["starts_at"]) in {"refuse", "defer"}:
            offers.close(tx, entry_id, "withdrawn", Change(None, now))
            store.enter(tx, entry_id, "waiting", now)


def expire(tx: Transaction, now: datetime) -> bool:
    """Close the entries whose last day is over; say whether there may be more.  For the timer."""
    return store.expire(tx, now, BATCH) == BATCH


def find(tx: Transaction, entry_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """Return an entry, its times as typed.  Raises EntryUnknown."""
    found = store.find(tx, entry_id, lock=lock)
    if found is None:
        raise rules.EntryUnknown("There is no such entry on the waiting list.")
    return _shown(found)


def page(tx: Transaction, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's entries by age; see the store."""
    return [_shown(row) for row in store.page(tx, wanted)]


def _require_live(current: Mapping[str, Any]) -> None:
    state = current["status"]
    if state not in rules.LIVE:
        raise rules.WaitsNoLonger(f"The entry is {state}; join the list again.", state=state)


def _checked(
    tx: Transaction, entry: Mapping[str, Any], now: datetime, zone: ZoneInfo, horizon_days: int
) -> datetime:
    """Return when the entry expires.  Raises as `join`."""
    wishes = Wishes.of(entry)
    rules.check(wishes, now, zone, horizon_days)
    if entry["priority"] and not entry["priority_reason"]:
        raise rules.PriorityUnexplained("Say in a few words why this client comes before others.")
    if entry["appointment_id"] is not None:
        _require_to_give_up(tx, entry)
    return wishes.over_at(zone)


def _require_to_give_up(tx: Transaction, entry: Mapping[str, Any]) -> None:
    found = appointments.find(tx, entry["appointment_id"])
    same = found and all(
        found[name] == entry[name] for name in ("clinic_id", "client_id", "treatment_id")
    )
    if not found or not same:
        raise rules.AppointmentDiffers(
            "The appointment to give up is not one of this client for this treatment."
        )
    if found["status"] not in MOVABLE:
        raise rules.AppointmentDiffers("The appointment to give up cannot be moved any more.")


def _typed(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return wishes as they are stored: times of the day in minutes, weekdays once each."""
    stored = dict(said)
    for name in ("earliest", "latest"):
        if f"{name}_time" in stored:
            stored[f"{name}_minute"] = hours.minute(stored.pop(f"{name}_time"))
    if "weekdays" in stored:
        stored["weekdays"] = sorted(set(stored["weekdays"]))
    return stored


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "earliest_time": hours.clock(row["earliest_minute"]),
        "latest_time": hours.clock(row["latest_minute"]),
    }

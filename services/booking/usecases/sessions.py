"""What other services tell of clients, and of the sessions behind appointments."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking.domain import treatments as rules
from services.booking.domain.appointments import UPCOMING
from services.booking.domain.changes import Change
from services.booking.domain.ledger import Costs
from services.booking.domain.situation import Screening
from services.booking.store import appointments as store
from services.booking.store import (
    clients,
    courses,
    devices,
    freed,
    imports,
    recoveries,
    resources,
)
from services.booking.store.recoveries import Treated
from services.booking.usecases import (
    announcements,
    appointments,
    disruptions,
    ledger,
    treatments,
    waiting,
)
from shared.db import Transaction

_BEGINS = frozenset({"booked", "confirmed", "arrived"})
_ENDS = _BEGINS | {"in_treatment"}


def client_changed(tx: Transaction, client_id: UUID, clinic_id: UUID, *, active: bool) -> None:
    """Remember that a client exists, and at which clinic."""
    resources.remember(tx, client_id, "client")
    clients.remember(tx, client_id, clinic_id, active=active)


def client_erased(tx: Transaction, client_id: UUID, clinic_id: UUID, *, now: datetime) -> None:
    """Take no more bookings for a client; cancel, free of charge, what was to come or waited for.

    What people wrote beside the client's visits goes too; the ledger keeps ids and amounts.
    """
    client_changed(tx, client_id, clinic_id, active=False)
    waiting.client_erased(tx, client_id, now=now)
    change = Change(None, now, "The client's record was erased.")
    for appointment_id in store.upcoming_of(tx, client_id, UPCOMING):
        current = appointments.find(tx, appointment_id)
        done = appointments.enter(tx, current, "cancelled", change)
        ledger.ended(tx, done, Costs("late_fee", None), change)
    store.forget_words(tx, client_id)
    ledger.forget_words(tx, client_id)
    courses.forget_words(tx, client_id)
    imports.forget_references(tx, client_id)


def screening_decided(tx: Transaction, told: Mapping[str, Any], *, now: datetime) -> None:
    """Remember the outcome, and show it on the client's appointments for that treatment."""
    if not clients.remember_screening(tx, told):
        return
    disruptions.look_again(tx, told["clinic_id"], resource_id=told["client_id"])
    outcome = Screening(told["outcome"], told["not_before"])
    waiting.screened(tx, told["client_id"], told["treatment_id"], outcome, now=now)
    upcoming = store.upcoming_of(tx, told["client_id"], UPCOMING, told["treatment_id"])
    for appointment_id in upcoming:
        current = appointments.find(tx, appointment_id)
        said = outcome.said_of(current["starts_at"])
        if said != current["screening"]:
            changed = {**current, "screening": said, "version": current["version"] + 1}
            store.update(tx, changed)
            announcements.appointment(tx, changed, "changed", ["screening"], Change(None, now))


def started(tx: Transaction, appointment_id: UUID, device_id: UUID, change: Change) -> None:
    """Show that the treatment has begun, and with which device.  Raises AppointmentUnknown."""
    current = appointments.find(tx, appointment_id, lock=True)
    if current["status"] not in _BEGINS:
        return
    changed: tuple[str, ...] = ("status",)
    if _is_another(tx, current, device_id):
        resources.lock(tx, [current["device_id"], device_id])
        store.swap_device(tx, current, device_id, change.now)
        freed.note(tx, current["clinic_id"], current["starts_at"], current["ends_at"], change.now)
        current, changed = {**current, "device_id": device_id}, ("status", "device_id")
    appointments.enter(tx, current, "in_treatment", change, changed=changed)


def _is_another(tx: Transaction, current: Mapping[str, Any], device_id: UUID) -> bool:
    """Say whether a device of the clinic is used instead of the one that was booked."""
    if current["device_id"] in {None, device_id}:
        return False
    used = devices.find(tx, device_id)
    return used is not None and bool(used["clinic_id"] == current["clinic_id"])


def ended(tx: Transaction, told: Mapping[str, Any], *, now: datetime) -> None:
    """Complete the appointment, and let the skin recover from the moment the session ended.

    Raises AppointmentUnknown.
    """
    current = appointments.find(tx, told["appointment_id"], lock=True)
    if current["status"] in _ENDS:
        change = Change(told["practitioner_id"], now, told["reason"])
        appointments.enter(tx, current, "completed", change)
    treatment = treatments.find(tx, current["clinic_id"], current["treatment_id"])
    zone = ZoneInfo(current["time_zone"])
    recovered = rules.recovered_at(told["ended_at"], treatment["interval_days"], zone)
    resources.lock(tx, [current["client_id"]])
    group = treatment["recovery_group"]
    session = Treated(current["id"], current["client_id"], group, told["started_at"], recovered)
    recoveries.treated(tx, session)


def client_known(tx: Transaction, clinic_id: UUID, client_id: UUID) -> bool:
    """Say whether booking has heard of this client of this clinic."""
    return clients.find(tx, clinic_id, client_id) is not None

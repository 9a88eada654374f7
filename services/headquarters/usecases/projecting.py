"""What each event changes in the picture.  Repeats change nothing; newer versions replace older."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.headquarters.domain import attention as needs
from services.headquarters.domain.attention import Item
from services.headquarters.domain.days import local_day
from services.headquarters.store import attention, clinics, days, feed, things
from shared.db import Transaction

Data = Mapping[str, Any]
UNNUMBERED = 0  # no sequence of a subject: the caller knows that it is the newest
ON_LINE = frozenset({"idle", "needling"})
SHOWN_OF_APPOINTMENT = (
    "version",
    "status",
    "starts_at",
    "ends_at",
    "practitioner_id",
    "room_id",
    "device_id",
)
SHOWN_OF_ALARM = (
    "alarm_id",
    "clinic_id",
    "device_id",
    "session_id",
    "kind",
    "severity",
    "zone",
    "value",
    "limit",
    "raised_at",
    "cleared_at",
    "device_name",
    "late",
    "acknowledged_at",
    "acknowledged_by",
    "acknowledged_by_name",
    "escalated_at",
    "stop_sent_at",
    "stop_confirmed_at",
)


def clinic_changed(tx: Transaction, data: Data, sequence: int) -> None:
    """Remember a clinic; count its days again when its calendar is new to us."""
    clinic = {
        "clinic_id": data["clinic_id"],
        "name": data["name"],
        "time_zone": data["time_zone"],
        "capacity_minutes": data["daily_capacity_minutes"],
        "active": data["active"],
    }
    news, zone = clinics.keep(tx, clinic, sequence)
    if news and zone != data["time_zone"]:
        days.count_again(tx, data["clinic_id"], data["time_zone"])
        for day in days.with_failed_messages(tx, data["clinic_id"]):
            item = needs.of_failed_messages(data["clinic_id"], day)
            attention.keep(tx, item, UNNUMBERED)


def appointment_changed(tx: Transaction, data: Data, at: datetime) -> None:
    """Count an appointment in its new state, and show it to the desk."""
    shown = {name: data[name] for name in SHOWN_OF_APPOINTMENT}
    row = shown | {
        "id": data["appointment_id"],
        "clinic_id": data["clinic_id"],
        "day": local_day(data["starts_at"], data["time_zone"]),
        "minutes": int((data["ends_at"] - data["starts_at"]).total_seconds()) // 60,
    }
    if things.keep_appointment(tx, row):
        ids = {"appointment_id": data["appointment_id"], "clinic_id": data["clinic_id"]}
        feed.append(tx, data["clinic_id"], "appointment", at, wire(ids | shown))


def device_changed(tx: Transaction, data: Data, sequence: int, at: datetime) -> None:
    """Remember a device's state; an unfit one needs attention."""
    clinic_id = data["clinic_id"]
    names = ("clinic_id", "status", "fit", "reasons", "changed_at")
    row = {name: data[name] for name in names} | {"id": data["device_id"], "sequence": sequence}
    news = things.keep_device(tx, row)
    day = local_day(data["changed_at"], clinics.zone(tx, clinic_id))
    if data["status"] in ON_LINE and day is not None:
        things.see_device(tx, data["device_id"], clinic_id, day)
    if news:
        _attend(tx, needs.of_device(data), sequence, at)


def alarm_changed(tx: Transaction, data: Data, sequence: int, at: datetime) -> None:
    """Count an alarm, show it at once, and keep what needs a person."""
    day = local_day(data["raised_at"], clinics.zone(tx, data["clinic_id"]))
    row = {**data, "id": data["alarm_id"], "day": day, "sequence": sequence}
    if not things.keep_alarm(tx, row):
        return
    feed.append(
        tx, data["clinic_id"], "alarm", at, wire({name: data[name] for name in SHOWN_OF_ALARM})
    )
    if item := needs.of_alarm(data):
        _attend(tx, item, sequence, at)


def adverse_event_reported(tx: Transaction, data: Data, sequence: int, at: datetime) -> None:
    """Count an adverse event; all but the expected ones need attention."""
    row = {
        "id": data["adverse_event_id"],
        "clinic_id": data["clinic_id"],
        "severity": data["severity"],
        "reported_at": at,
        "reply_due_at": data["reply_due_at"],
        "day": local_day(at, clinics.zone(tx, data["clinic_id"])),
        "sequence": sequence,
    }
    things.keep_adverse_event(tx, row)
    if item := needs.of_adverse_event(data, at):
        _attend(tx, item, sequence, at)


def message_changed(tx: Transaction, data: Data, sequence: int, *, arrived: bool) -> None:
    """Count a message; a day of a clinic on which some failed needs attention, once."""
    day = local_day(data["happened_at"], clinics.zone(tx, data["clinic_id"]))
    row = {
        "id": data["message_id"],
        "clinic_id": data["clinic_id"],
        "kind": data["kind"],
        "arrived": arrived,
        "reason": data["reason"],
        "happened_at": data["happened_at"],
        "day": day,
        "sequence": sequence,
    }
    if not things.keep_message(tx, row) or day is None:
        return
    item = needs.of_failed_messages(data["clinic_id"], day)
    if not arrived:
        _attend(tx, item, UNNUMBERED, data["happened_at"])
    elif not days.failed_messages(tx, data["clinic_id"], day):
        attention.gone(tx, item.id, data["happened_at"])


def practitioner_changed(tx: Transaction, data: Data, sequence: int, at: datetime) -> None:
    """Remember when a credential ends."""
    _attend(tx, needs.of_credential(data, at), sequence, at)


def heard(tx: Transaction, clinic_id: UUID, at: datetime) -> None:
    """Note the clinic's sign of life, and that its row may have changed."""
    clinics.hear(tx, clinic_id, at)
    feed.append(tx, clinic_id, "clinic", at)


def wire(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON carries them: ids as text, moments in RFC 3339."""
    return {name: _plain(value) for name, value in values.items()}


def _attend(tx: Transaction, item: Item, sequence: int, at: datetime) -> None:
    if attention.keep(tx, item, sequence):
        state = "open" if item.gone_at is None else "gone"
        told = {"id": item.id, "clinic_id": item.clinic_id, "state": state}
        feed.append(tx, item.clinic_id, "attention", at, wire(told))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID) else value

"""What needs a person, how urgently, and whether it stays until one has looked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from services.headquarters.domain.days import UNSAFE_DEPTH

_NAMESPACE = UUID("5f0c2b1e-6d0e-5a7b-9c1a-0d6c1f4b7a11")
URGENT, SOON, NOTE = 1, 2, 3
CREDENTIAL_WARNING = timedelta(days=30)
_SOFT_BUT_TELLING = frozenset({"silent", "cartridge_reused", "cartridge_expired", "wrong_zone"})
_MOMENTS = ("acknowledged_at", "escalated_at", "stop_sent_at", "stop_confirmed_at")
_ADVERSE = {"emergency": URGENT, "urgent": URGENT, "watch": SOON}


@dataclass(frozen=True, slots=True)
class Item:
    """Something to look at.  `stays`: until acknowledged, even when the cause is gone."""

    kind: str
    subject: UUID
    clinic_id: UUID
    severity: int
    since: datetime
    facts: Mapping[str, Any]
    due_at: datetime | None = None
    stays: bool = False
    gone_at: datetime | None = None

    @property
    def id(self) -> UUID:
        """Return the same id for the same thing, however often we hear of it."""
        return item_id(self.kind, self.subject, self.clinic_id)


def item_id(kind: str, subject: UUID, clinic_id: UUID) -> UUID:
    """Return the id of the item of a kind about a subject at a clinic."""
    return uuid5(_NAMESPACE, f"{kind}|{subject}|{clinic_id}")


def of_alarm(alarm: Mapping[str, Any]) -> Item | None:
    """Return what an alarm asks of headquarters; None for those that the clinic settles alone.

    What the clinic leaves unseen is headquarters' whatever it is, until somebody has looked.
    """
    hard = alarm["severity"] == "hard"
    unseen = alarm["escalated_at"] is not None and alarm["acknowledged_at"] is None
    if not hard and alarm["kind"] not in _SOFT_BUT_TELLING and alarm["escalated_at"] is None:
        return None
    deep = alarm["kind"] == UNSAFE_DEPTH
    facts = {name: alarm[name] for name in ("kind", "severity", "zone", "value", "limit")}
    facts |= {name: _text(alarm[name]) for name in ("device_id", "session_id")}
    facts |= {name: alarm[name] for name in ("device_name", "acknowledged_by_name")}
    facts |= {name: _said(alarm[name]) for name in _MOMENTS} | {"late": alarm["late"]}
    return Item(
        kind="unsafe_depth" if deep else "alarm",
        subject=alarm["alarm_id"],
        clinic_id=alarm["clinic_id"],
        severity=URGENT if unseen or (deep and hard) else SOON,
        since=alarm["raised_at"],
        facts=facts,
        stays=hard,
        gone_at=alarm["cleared_at"],
    )


def of_adverse_event(reported: Mapping[str, Any], at: datetime) -> Item | None:
    """Return what an adverse event asks of headquarters; None for an expected effect."""
    severity = _ADVERSE.get(reported["severity"])
    if severity is None:
        return None
    facts = {"severity": reported["severity"], "cartridge_lot": reported["cartridge_lot"]}
    return Item(
        kind="adverse_event",
        subject=reported["adverse_event_id"],
        clinic_id=reported["clinic_id"],
        severity=severity,
        since=at,
        facts=facts | {"device_id": _text(reported["device_id"])},
        due_at=reported["reply_due_at"],
        stays=True,
    )


def of_device(device: Mapping[str, Any]) -> Item:
    """Return the item of a device that is unfit; gone while it is fit, retired or elsewhere."""
    gone = device["status"] == "retired" or "moved" in device["reasons"]
    fine = device["fit"] or gone
    return Item(
        kind="device_unfit",
        subject=device["device_id"],
        clinic_id=device["clinic_id"],
        severity=SOON,
        since=device["changed_at"],
        facts={"reasons": list(device["reasons"])},
        gone_at=device["changed_at"] if fine else None,
    )


def of_credential(holder: Mapping[str, Any], at: datetime) -> Item:
    """Return the item of a credential; shown 30 days before it ends, at once without a date."""
    ends: date | None = holder["valid_until"]
    lacking = [name for name in ("max_depth_face_um", "max_depth_body_um") if holder[name] is None]
    return Item(
        kind="credential",
        subject=holder["practitioner_id"],
        clinic_id=holder["clinic_id"],
        severity=SOON,
        since=at,
        facts={"valid_until": ends.isoformat() if ends else None, "lacking": lacking},
        due_at=None if ends is None else _end_of(ends),
        gone_at=None if holder["active"] else at,
    )


def of_failed_messages(clinic_id: UUID, day: date) -> Item:
    """Return the item of a clinic's day on which messages failed: one, however many."""
    return Item(
        kind="messages_failed",
        subject=uuid5(_NAMESPACE, day.isoformat()),
        clinic_id=clinic_id,
        severity=NOTE,
        since=datetime.combine(day, time(), UTC),
        facts={"day": day.isoformat()},
    )


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)

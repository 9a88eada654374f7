"""What happens in the clinics, as the events in which headquarters hears of it."""

import itertools
import json
import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from services.headquarters.events.handlers import HANDLERS
from shared import clock
from shared.amqp import consumer
from shared.events.catalogue import EVENTS
from tests import people

MONDAY_10 = datetime(2030, 1, 7, 10, tzinfo=UTC)
_sequences = defaultdict(lambda: itertools.count(1))


def event(name, subject, clinic_id, data, *, sequence=None, at=None):
    """Return one event as it comes from the broker."""
    body = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "/" + name.partition(".")[0].replace("_", "-"),
        "type": name,
        "subject": str(subject),
        "time": (at or clock.now()).isoformat(),
        "datacontenttype": "application/json",
        "clinicid": str(clinic_id),
        "sequence": sequence or next(_sequences[subject]),
        "data": EVENTS[name].schema.dump(data),
    }
    return json.dumps(body).encode()


def hear(*events):
    """Apply events the way the worker does; return what became of each."""
    return [str(consumer.receive("headquarters", HANDLERS, each)) for each in events]


def clinic(where=people.SOHO, **facts):
    data = {
        "clinic_id": where.id,
        "name": where.name,
        "time_zone": where.time_zone,
        "jurisdiction": "GB",
        "phone": None,
        "email": None,
        "daily_capacity_minutes": 600,
        "active": True,
    } | facts
    return event("booking.clinic_changed.v1", where.id, where.id, data)


def appointment(happened, *, id_=None, version=1, where=people.SOHO, **facts):
    id_ = id_ or uuid.uuid4()
    starts_at = facts.pop("starts_at", MONDAY_10)
    data = {
        "appointment_id": id_,
        "version": version,
        "status": facts.pop("status", happened.replace("moved", "booked")),
        "screening": "clear",
        "clinic_id": where.id,
        "client_id": uuid.uuid4(),
        "treatment_id": uuid.UUID(int=1),
        "treatment_name": "Acne scars, face",
        "practitioner_id": people.PRIYA.id,
        "practitioner_name": "Priya",
        "room_id": uuid.UUID(int=2),
        "room_name": "Room 2",
        "device_id": None,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "time_zone": where.time_zone,
        "changed": [],
        "changed_by": None,
        "changed_at": MONDAY_10,
    } | facts
    name = f"booking.appointment_{happened}.v1"
    return event(name, id_, where.id, data, sequence=version)


def device(id_, status="idle", *, fit=True, where=people.SOHO, at=MONDAY_10, **facts):
    data = {
        "device_id": id_,
        "clinic_id": where.id,
        "model": "Pen",
        "name": "Pen 3",
        "status": status,
        "fit": fit,
        "reasons": [] if fit else ["calibration_due"],
        "changed_at": at,
    } | facts
    return event("device_telemetry.device_changed.v1", id_, where.id, data)


def alarm(
    id_,
    *,
    kind="depth_over_limit",
    severity="hard",
    cleared_at=None,
    where=people.SOHO,
    happened=None,
    **facts,
):
    data = {
        "alarm_id": id_,
        "clinic_id": where.id,
        "device_id": uuid.UUID(int=3),
        "session_id": None,
        "kind": kind,
        "severity": severity,
        "zone": 8,
        "value": 1700,
        "limit": 1500,
        "raised_at": MONDAY_10,
        "cleared_at": cleared_at,
    } | facts
    happened = happened or ("raised" if cleared_at is None else "cleared")
    return event(f"device_telemetry.alarm_{happened}.v1", id_, where.id, data)


def adverse_event(id_, severity="urgent", *, where=people.SOHO):
    data = {
        "adverse_event_id": id_,
        "clinic_id": where.id,
        "client_id": uuid.uuid4(),
        "session_id": None,
        "severity": severity,
        "reply_due_at": MONDAY_10 + timedelta(hours=1),
        "seen_due_at": MONDAY_10 + timedelta(hours=4),
        "cartridge_lot": None,
        "device_id": None,
    }
    name = "client_records.adverse_event_reported.v1"
    return event(name, id_, where.id, data)


def message(id_, happened="sent", *, where=people.SOHO, reason=None):
    data = {
        "message_id": id_,
        "clinic_id": where.id,
        "client_id": uuid.uuid4(),
        "appointment_id": None,
        "kind": "reminder_24h",
        "channel": "email",
        "due_at": MONDAY_10,
        "happened_at": MONDAY_10,
        "reason": reason,
    }
    return event(f"notification.message_{happened}.v1", id_, where.id, data)


def credential(practitioner_id, valid_until, *, where=people.SOHO):
    data = {
        "practitioner_id": practitioner_id,
        "clinic_id": where.id,
        "name": "Priya",
        "credential": "Nurse",
        "max_depth_face_um": 1500,
        "max_depth_body_um": 2000,
        "valid_until": valid_until,
        "active": True,
    }
    name = "booking.practitioner_changed.v1"
    return event(name, practitioner_id, where.id, data)

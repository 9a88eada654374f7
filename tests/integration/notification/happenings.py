"""What happens elsewhere, as the events in which notification hears of it."""

import itertools
import json
import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from services.notification.events.handlers import HANDLERS
from shared import clock
from shared.amqp import consumer
from shared.events.catalogue import EVENTS
from tests import people

MONDAY_10 = datetime(2030, 1, 7, 10, tzinfo=UTC)
WEEK_BEFORE = MONDAY_10 - timedelta(days=7)
PRIYA = people.PRIYA
_sequences = defaultdict(lambda: itertools.count(1))


def event(name, subject, clinic_id, data, **head):
    """Return one event as it comes from the broker."""
    schema = EVENTS[name].schema
    owner = name.partition(".")[0].replace("_", "-")
    body = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"/{owner}",
        "type": name,
        "subject": str(subject),
        "time": clock.now().isoformat(),
        "datacontenttype": "application/json",
        "clinicid": str(clinic_id),
        "sequence": next(_sequences[subject]),
        "data": schema.dump(data),
    } | head
    return json.dumps(body).encode()


def hear(*events):
    """Apply events the way the worker does; return what became of each."""
    return [str(consumer.receive("notification", HANDLERS, each)) for each in events]


def clinic(where=people.SOHO, **facts):
    data = {
        "clinic_id": where.id,
        "name": f"Needlepoint {where.name}",
        "time_zone": where.time_zone,
        "jurisdiction": "GB",
        "phone": "+442070000000",
        "email": "soho@needlepoint.example",
        "daily_capacity_minutes": 960,
        "active": True,
    } | facts
    return event("booking.clinic_changed.v1", where.id, where.id, data)


def client(client_id, version=1, where=people.SOHO, **facts):
    data = {
        "client_id": client_id,
        "clinic_id": where.id,
        "given_name": "Maria",
        "email": f"maria.{client_id.hex[:8]}@example.org",
        "phone": None,
        "locale": "en-GB",
        "time_zone": None,
        "version": version,
        "active": True,
    } | facts
    return event("client_records.client_changed.v1", client_id, where.id, data)


def erased(client_id, where=people.SOHO):
    data = {"client_id": client_id, "clinic_id": where.id}
    return event("client_records.client_erased.v1", client_id, where.id, data)


class Visit:
    """An appointment and the events of its life."""

    def __init__(self, starts_at=MONDAY_10, where=people.SOHO, client_id=None):
        self.id, self.where, self.starts_at = uuid.uuid4(), where, starts_at
        self.client_id = client_id or uuid.uuid4()
        self.version = 0
        self.status = "booked"

    def booked(self, at=WEEK_BEFORE, **facts):
        return self._changed("booked", "booked", at, **facts)

    def moved(self, starts_at, at=WEEK_BEFORE, status="booked"):
        self.starts_at = starts_at
        return self._changed("moved", status, at)

    def confirmed(self, at=WEEK_BEFORE):
        return self._changed("confirmed", "confirmed", at)

    def cancelled(self, at=WEEK_BEFORE):
        return self._changed("cancelled", "cancelled", at)

    def missed(self, at=MONDAY_10):
        return self._changed("missed", "missed", at)

    def session(self, ended_at, happened="completed", zones=(8,)):
        data = {
            "session_id": uuid.uuid4(),
            "clinic_id": self.where.id,
            "appointment_id": self.id,
            "client_id": self.client_id,
            "treatment_id": uuid.uuid4(),
            "practitioner_id": PRIYA.id,
            "device_id": uuid.uuid4(),
            "zones": list(zones),
            "started_at": ended_at - timedelta(hours=1),
            "ended_at": ended_at,
            "reason": None,
        }
        name = f"client_records.session_{happened}.v1"
        return event(name, data["session_id"], self.where.id, data)

    def changed(self, at=WEEK_BEFORE, **facts):
        return self._changed("changed", self.status, at, **facts)

    def _changed(self, happened, status, at, **facts):
        self.version += 1
        data = {
            "appointment_id": self.id,
            "version": self.version,
            "status": status,
            "screening": "clear",
            "clinic_id": self.where.id,
            "client_id": self.client_id,
            "treatment_id": uuid.UUID(int=1),
            "treatment_name": "Acne scars, face",
            "practitioner_id": PRIYA.id,
            "practitioner_name": "Priya",
            "room_id": uuid.UUID(int=2),
            "room_name": "Room 2",
            "device_id": uuid.UUID(int=3),
            "starts_at": self.starts_at,
            "ends_at": self.starts_at + timedelta(hours=1),
            "time_zone": self.where.time_zone,
            "changed": [],
            "changed_by": None,
            "changed_at": at,
        } | facts
        name = f"booking.appointment_{happened}.v1"
        return event(name, self.id, self.where.id, data)

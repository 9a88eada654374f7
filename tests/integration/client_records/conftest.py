"""Soho as client records know it: told by events, asked over HTTP."""

import json
from datetime import timedelta
from uuid import UUID

import pytest

from services.client_records.domain.protocol import AUTOMATIC, STEPS
from services.client_records.domain.questions import clear_answers
from services.client_records.events.handlers import HANDLERS
from shared import clock, db, ids
from shared.amqp.apply import Outcome
from shared.amqp.consumer import receive
from tests import people
from tests.messages import a_message

TREATMENT = UUID("01930000-0000-7000-8000-00000007ea70")
PEN = UUID("01930000-0000-7000-8000-0000000de51c")
CHEEK, FOREHEAD, EYELID, ABDOMEN = 8, 1, 4, 15


class Soho:
    """The clinic: what happens there, and what its people ask."""

    clinic = people.SOHO

    def __init__(self, caller):
        self.caller = caller
        self.cartridges = 0

    # what other services say

    def hears(self, event_type, data, *, subject=None, clinic=None):
        body = a_message(event_type, data, subject=subject, clinic_id=(clinic or self.clinic).id)
        assert self.caller.app
        assert receive("client_records", HANDLERS, body) is Outcome.APPLIED

    def opens(self, clinic=None, **changes):
        clinic = clinic or self.clinic
        data = {
            "clinic_id": str(clinic.id),
            "name": clinic.name,
            "time_zone": clinic.time_zone,
            "jurisdiction": "GB",
            "phone": None,
            "email": None,
            "daily_capacity_minutes": 480,
            "active": True,
        }
        self.hears("booking.clinic_changed.v1", data | changes, subject=clinic.id, clinic=clinic)

    def employs(self, person=people.PRIYA, **changes):
        data = {
            "practitioner_id": str(person.id),
            "clinic_id": str(self.clinic.id),
            "name": person.name,
            "credential": "registered_nurse",
            "max_depth_face_um": 1500,
            "max_depth_body_um": 2000,
            "valid_until": "2099-12-31",
            "active": True,
        }
        self.hears("booking.practitioner_changed.v1", data | changes, subject=person.id)

    def owns(self, device_id=PEN, clinic=None, **changes):
        data = {
            "device_id": str(device_id),
            "clinic_id": str((clinic or self.clinic).id),
            "model": "skinpen-precision",
            "name": "Pen 3",
            "status": "idle",
            "fit": True,
            "reasons": [],
            "changed_at": clock.now().isoformat(),
        }
        self.hears(
            "device_telemetry.device_changed.v1", data | changes, subject=device_id, clinic=clinic
        )

    def books(self, client_id, what="booked", clinic=None, **changes):
        """Let booking say something of an appointment and return its id."""
        now = clock.now()
        data = {
            "appointment_id": str(ids.new()),
            "version": 1,
            "status": what if what != "moved" else "booked",
            "screening": "pending",
            "clinic_id": str((clinic or self.clinic).id),
            "client_id": str(client_id),
            "treatment_id": str(TREATMENT),
            "treatment_name": "Acne scars, face",
            "indication": "IND-01",
            "practitioner_id": str(people.PRIYA.id),
            "practitioner_name": "Priya",
            "room_id": str(ids.new()),
            "room_name": "Room 1",
            "device_id": str(PEN),
            "starts_at": (now + timedelta(minutes=5)).isoformat(),
            "ends_at": (now + timedelta(minutes=65)).isoformat(),
            "time_zone": "Europe/London",
            "changed": [],
            "changed_by": None,
            "changed_at": now.isoformat(),
        } | changes
        self.hears(
            f"booking.appointment_{what}.v1",
            data,
            subject=data["appointment_id"],
            clinic=clinic,
        )
        return data["appointment_id"]

    # what people ask

    def post(self, path, body=None, who=people.PRIYA, **headers):
        return self.caller.as_(who).post(path, json=body, headers=headers)

    def get(self, path, who=people.ALICE):
        return self.caller.as_(who).get(path)

    def a_client(self, **changes):
        """Register a client and return their id."""
        answer = self.post("/v1/clients", wanted_client(**changes), people.BOB)
        assert answer.status_code == 201, answer.json
        return answer.json["id"]

    def answers(self, client_id, appointment_id=None, **given):
        body = {"treatment_id": str(TREATMENT), "answers": clear_answers() | given}
        if appointment_id:
            body["appointment_id"] = appointment_id
        answer = self.post(f"/v1/clients/{client_id}/screenings", body, people.BOB)
        assert answer.status_code == 201, answer.json
        return answer.json

    def signs(self, client_id, appointment_id, **changes):
        body = {
            "template_version": "needling-2",
            "signature": "Ana Silva",
            "signed_at": clock.now().isoformat(),
            "appointment_id": appointment_id,
        } | changes
        return self.post(f"/v1/clients/{client_id}/consents", body, people.BOB)

    def a_guest(self, **changes):
        """Return a client who may be treated now, and the appointment."""
        client_id = self.a_client(**changes)
        appointment_id = self.books(client_id, "arrived")
        assert self.answers(client_id, appointment_id)["outcome"] == "clear"
        assert self.signs(client_id, appointment_id).status_code == 201
        return client_id, appointment_id

    def treatment(self, appointment_id, **changes):
        self.cartridges += 1
        return {
            "appointment_id": appointment_id,
            "practitioner_id": str(people.PRIYA.id),
            "device_id": str(PEN),
            "cartridge": {
                "lot": "L-77",
                "serial": f"S-{self.cartridges}",
                "expires_on": "2099-01-01",
            },
            "plan": [{"zone": CHEEK, "depth_um": 1000, "passes": 2}],
        } | changes

    def starts(self, appointment_id, **changes):
        return self.post("/v1/sessions", self.treatment(appointment_id, **changes))

    def does(self, session_id, step, **evidence):
        body = {"step": step, "evidence": proof(step) | evidence}
        return self.post(f"/v1/sessions/{session_id}/steps", body)

    def does_everything(self, session_id, zone=CHEEK, depth_um=1000):
        for step in STEPS:
            if step.mandatory and step.id not in AUTOMATIC:
                own = {"zone": zone, "depth_um": depth_um} if step.id == "PROC-10" else {}
                answer = self.does(session_id, step.id, **own)
                assert answer.status_code == 201, answer.json

    # what was announced

    def announced(self, event_type=None):
        with db.transaction(db.EVERY_CLINIC) as tx:
            rows = tx.all("SELECT type, subject, data FROM outbox ORDER BY position")
        return [row["data"] for row in rows if event_type in {None, row["type"]}]

    def everything_announced(self):
        with db.transaction(db.EVERY_CLINIC) as tx:
            rows = tx.all("SELECT type, subject, clinic_id, data FROM outbox ORDER BY position")
        return [(row["type"], json.dumps(row["data"])) for row in rows]


def wanted_client(**changes):
    number = ids.new().hex[-12:]
    return {
        "given_name": "Ana",
        "family_name": "Silva",
        "birth_date": "1990-03-01",
        "email": f"ana.{number}@example.com",
        "phone": f"+351{int(number, 16) % 10**9:09}",
        "locale": "pt",
        "clinic_id": str(people.SOHO.id),
    } | changes


def proof(step):
    """Return evidence that a step accepts."""
    fields = next(each.evidence for each in STEPS if each.id == step)
    return {field.name: field.example for field in fields}


def problem(answer):
    """Return status and the last part of the problem's type."""
    return answer.status_code, answer.json["type"].rpartition("/")[2].rpartition(":")[2]


@pytest.fixture
def soho(api):
    place = Soho(api("client_records"))
    place.opens()
    place.employs()
    place.owns()
    return place

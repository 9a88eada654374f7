"""A small franchise: Soho with two practitioners, rooms and pens; Lisbon with one of each."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.booking.api import newcomers
from services.booking.domain import clients
from services.booking.events.handlers import HANDLERS
from services.booking.usecases import clinics, practitioners, rooms, treatments
from shared import clock, db, ids
from shared.amqp.consumer import receive
from tests import people
from tests.integration.booking.course_desk import Courses
from tests.integration.booking.importer import Importer
from tests.integration.booking.line import Hands, Line
from tests.messages import a_message

NINE_TO_SIX = [{"weekday": day, "opens": "09:00", "closes": "18:00"} for day in range(1, 8)]


def a_clinic(clinic, **changes):
    return {
        "id": clinic.id,
        "name": clinic.name,
        "time_zone": clinic.time_zone,
        "jurisdiction": "GB",
        "phone": None,
        "email": None,
        "hours": NINE_TO_SIX,
        "step_minutes": 15,
        "lead_minutes": 0,
        "horizon_days": 365,
        "screening_first": False,
        "closed_on_holidays": False,
    } | changes


def a_practitioner(person_id, name, **changes):
    return {
        "practitioner_id": person_id,
        "name": name,
        "credential": "registered_nurse",
        "max_depth_face_um": 1500,
        "max_depth_body_um": 2000,
        "valid_until": date(2099, 12, 31),
        "hours": NINE_TO_SIX,
    } | changes


def a_treatment(**changes):
    return {
        "name": "Acne scars, face",
        "indication": "IND-01",
        "duration_minutes": 60,
        "buffer_before_minutes": 0,
        "buffer_after_minutes": 0,
        "room_kind": "treatment",
        "needs_device": True,
        "interval_days": 28,
        "recovery_group": None,
        "area": "face",
        "depth_um": 1000,
        "credentials": ["registered_nurse", "physician"],
        "price_minor": 18000,
        "currency": "GBP",
    } | changes


def a_device(device_id, clinic_id, name, **changes):
    return {
        "device_id": str(device_id),
        "clinic_id": str(clinic_id),
        "model": "Pen 4",
        "name": name,
        "status": "idle",
        "fit": True,
        "reasons": [],
        "changed_at": clock.now().isoformat(),
    } | changes


class Franchise:
    """What the tests book with.  `hear` delivers an event as the worker would."""

    def __init__(self):
        self.clinic, self.lisbon = people.SOHO.id, people.LISBON.id
        self.priya, self.noor = people.PRIYA.id, ids.new()
        self.zone = ZoneInfo(people.SOHO.time_zone)
        with db.transaction(db.EVERY_CLINIC) as tx:
            clinics.open_clinic(tx, a_clinic(people.SOHO))
            clinics.open_clinic(tx, a_clinic(people.LISBON))
            practitioners.add(tx, self.clinic, a_practitioner(self.noor, "Noor"), rota_id=ids.new())
            practitioners.add(
                tx, self.clinic, a_practitioner(self.priya, "Priya"), rota_id=ids.new()
            )
            practitioners.add(
                tx, self.lisbon, a_practitioner(people.CHARLIE.id, "Charlie"), rota_id=ids.new()
            )
            self.room_1 = self.a_room(tx, self.clinic, "Room 1")
            self.room_2 = self.a_room(tx, self.clinic, "Room 2")
            self.a_room(tx, self.lisbon, "Sala 1")
            self.treatment = treatments.add(tx, self.clinic, a_treatment(id=ids.new()))["id"]
            self.peel = treatments.add(
                tx, self.clinic, a_treatment(id=ids.new(), name="Texture", recovery_group="other")
            )["id"]
            self.lisbon_treatment = treatments.add(tx, self.lisbon, a_treatment(id=ids.new()))["id"]
        self.pen_1, self.pen_2 = ids.new(), ids.new()
        self.pen(self.pen_1, name="Pen 1")
        self.pen(self.pen_2, name="Pen 2")
        self.pen(ids.new(), self.lisbon, name="Caneta 1")
        self.client, self.other = self.a_client(), self.a_client()

    def a_room(self, tx, clinic_id, name, **changes) -> UUID:
        wanted = {"id": ids.new(), "name": name, "kind": "treatment", "turnover_minutes": 0}
        return rooms.add(tx, clinic_id, wanted | changes)["id"]

    def pen(self, device_id, clinic_id=None, *, name="Pen", **changes):
        told = a_device(device_id, clinic_id or self.clinic, name, **changes)
        self.hear("device_telemetry.device_changed.v1", told, subject=device_id)

    def a_client(self, clinic_id=None, client_id=None) -> UUID:
        client_id = client_id or UUID(int=(ids.new().int & ~(0xFFFFFFFFFFFF << 80)) | (7 << 76))
        told = {
            "client_id": str(client_id),
            "clinic_id": str(clinic_id or self.clinic),
            "given_name": None,
            "email": None,
            "phone": None,
            "locale": "en-GB",
            "time_zone": None,
            "version": 1,
            "active": True,
        }
        self.hear("client_records.client_changed.v1", told, subject=client_id)
        return client_id

    def hear(self, name, data, *, subject=None):
        clinic_id = data.get("clinic_id") or None
        body = a_message(name, data, subject=subject, clinic_id=clinic_id)
        outcome = receive("booking", HANDLERS, body)
        assert outcome == "applied", outcome
        return outcome

    def at(self, clock_time="10:00", days=7) -> datetime:
        """Return a moment some days ahead at which Soho's wall shows the time."""
        day = clock.now().astimezone(self.zone).date() + timedelta(days=days)
        hour, minute = map(int, clock_time.split(":"))
        wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
        return wall.astimezone(UTC)


@pytest.fixture
def franchise(pool) -> Franchise:
    pool("booking")
    return Franchise()


class Desk:
    """What a person at the Soho desk does, over HTTP."""

    def __init__(self, client, franchise):
        self.client, self.franchise = client, franchise

    def wanted(self, at="10:00", days=7, **changes):
        starts_at = self.franchise.at(at, days)
        return {
            "treatment_id": str(self.franchise.treatment),
            "client_id": str(self.franchise.client),
            "starts_at": starts_at.isoformat(),
        } | {name: str(value) for name, value in changes.items()}

    def book(self, at="10:00", days=7, *, key=None, **changes):
        headers = {"Idempotency-Key": key} if key else {}
        path = f"/v1/clinics/{self.franchise.clinic}/appointments"
        return self.client.post(path, json=self.wanted(at, days, **changes), headers=headers)

    def booked(self, at="10:00", days=7, **changes):
        answer = self.book(at, days, **changes)
        assert answer.status_code == 201, answer.json
        return answer.json

    def times(self, first="00:00", last="23:59", days=7, **query):
        asked = {
            "treatment_id": self.franchise.treatment,
            "from": self.franchise.at(first, days).isoformat(),
            "to": self.franchise.at(last, days).isoformat(),
        }
        path = f"/v1/clinics/{self.franchise.clinic}/availability"
        answer = self.client.get(path, query_string=asked | query)
        assert answer.status_code == 200, answer.json
        return answer.json

    def step(self, appointment, name, **request):
        return self.client.post(f"/v1/appointments/{appointment['id']}/{name}", **request)

    def move(self, appointment, *, version=None, **changes):
        tag = f'"{version or appointment["version"]}"'
        path = f"/v1/appointments/{appointment['id']}"
        return self.client.patch(path, json=changes, headers={"If-Match": tag})

    def show(self, appointment):
        return self.client.get(f"/v1/appointments/{appointment['id']}").json


@pytest.fixture
def desk(api, franchise) -> Desk:
    return Desk(api("booking").as_(people.BOB), franchise)


@pytest.fixture
def outbox(franchise):
    """Return the events that were announced since the franchise was set up."""

    def read():
        with db.transaction(db.EVERY_CLINIC) as tx:
            return tx.all(
                "SELECT type, subject, sequence, data FROM booking.outbox "
                "WHERE type LIKE 'booking.appointment%%' ORDER BY position",
                {},
            )

    return read


def problem(answer):
    """Return status and last part of the problem's type."""
    return answer.status_code, answer.json["type"].rsplit("/", 1)[-1]


@pytest.fixture
def patient(monkeypatch):
    """The news of a new client may take as long as a busy machine needs."""
    monkeypatch.setattr(newcomers, "WAIT_FOR_CLIENT_S", 60)
    monkeypatch.setattr(clients, "FRESH", timedelta(minutes=5))


@pytest.fixture
def hands(monkeypatch) -> Hands:
    """Let the test move the clock; it stands at noon of a Monday.  Ask for it before the rest."""
    moved = Hands()
    monkeypatch.setattr(clock, "now", lambda: moved.at)
    return moved


@pytest.fixture
def line(hands, desk) -> Line:
    return Line(desk)


@pytest.fixture
def taken(line, franchise):
    """Priya's ten o'clock, a week from now, which somebody else has."""
    return line.desk.booked(client_id=franchise.a_client(), practitioner_id=franchise.priya)


@pytest.fixture
def three(line, franchise, hands, taken):
    """Three who wait for exactly that start, in this order."""
    found = []
    for _ in range(3):
        found.append(line.join(client_id=franchise.a_client()))
        hands.on(minutes=1)
    line.turn()
    return found


@pytest.fixture
def course(desk, api) -> Courses:
    return Courses(desk, api)


@pytest.fixture
def importer(api, franchise) -> Importer:
    return Importer(api("booking").as_(people.ALICE), franchise)

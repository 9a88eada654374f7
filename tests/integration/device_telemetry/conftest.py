"""A small fleet: Soho and Lisbon are known, pens are registered over HTTP with their secrets."""

import itertools
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared import clock, db, ids
from shared.amqp import consumer
from shared.events.catalogue import EVENTS
from tests import people
from tests.messages import a_message
from tests.people import LISBON, SOHO, Clinic

CALIBRATED = {
    "calibrated_on": str(date(2026, 1, 5)),
    "calibration_due_on": "2199-01-05",
    "tolerance_um": 100,
}
# Where processes work beside a test, it looks at the clock that they look at.
BESIDE = {"door", "ground", "machine", "process"}


@pytest.fixture(autouse=True)
def unhurried(request, monkeypatch):
    """A millisecond passes from one look at the clock to the next, however slow the machine is.

    A test that says "59 seconds later" must not fail because two passed while it was saying so.
    """
    if BESIDE.isdisjoint(request.fixturenames):
        began, looks = clock.now(), itertools.count()
        monkeypatch.setattr(clock, "now", lambda: began + timedelta(milliseconds=next(looks)))


def clinic_data(clinic: Clinic) -> dict[str, Any]:
    return {
        "clinic_id": clinic.id,
        "name": clinic.name,
        "time_zone": clinic.time_zone,
        "jurisdiction": "GB",
        "phone": None,
        "email": None,
        "daily_capacity_minutes": 480,
        "active": True,
    }


@dataclass(frozen=True)
class Registered:
    id: UUID
    clinic: Clinic
    secret: str

    def topic(self, what: str = "readings") -> str:
        return f"pens.{self.clinic.id}.{self.id}.{what}"


@dataclass
class Fleet:
    """Registers devices, and plays the sessions that client records would announce."""

    client: Callable[[str], Any]
    made: list[Registered] = field(default_factory=list)

    @property
    def http(self):
        return self.client("device_telemetry")

    def pen(self, clinic: Clinic = SOHO, **facts: Any) -> Registered:
        boss = people.ALICE if clinic is SOHO else people.CHARLIE
        body = {
            "clinic_id": str(clinic.id),
            "name": f"Pen {len(self.made) + 1}",
            "model": "dermapen-4",
            "serial": f"DP-{len(self.made) + 1:04}",
            **CALIBRATED,
        } | facts
        device = self.http.as_(boss).post("/v1/devices", json=body)
        assert device.status_code == 201, device.json
        shown = self.http.as_(boss).post(f"/v1/devices/{device.json['id']}/credentials", json={})
        assert shown.status_code == 201, shown.json
        self.made.append(Registered(UUID(device.json["id"]), clinic, shown.json["secret"]))
        return self.made[-1]

    def session(self, pen: Registered, limits: dict[int, int], **facts: Any) -> UUID:
        session_id = ids.new()
        started = {
            **ended_data(pen, session_id),
            "cartridge": {"lot": "L1", "serial": f"C-{session_id}", "expires_on": date(2199, 1, 1)},
            "limits": [
                {"zone": zone, "depth_um": um - 100, "limit_um": um, "passes": 2}
                for zone, um in limits.items()
            ],
        } | facts
        hear("client_records.session_started.v1", started, session_id)
        return session_id

    def end(self, pen: Registered, session_id: UUID, how: str = "completed") -> None:
        ended = ended_data(pen, session_id) | {
            "ended_at": clock.now(),
            "zones": [8],
            "reason": None,
        }
        hear(f"client_records.session_{how}.v1", ended, session_id)


def ended_data(pen: Registered, session_id: UUID) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "clinic_id": pen.clinic.id,
        "appointment_id": ids.new(),
        "client_id": ids.new(),
        "treatment_id": ids.new(),
        "practitioner_id": people.PRIYA.id,
        "device_id": pen.id,
        "started_at": clock.now(),
    }


def hear(name: str, data: dict[str, Any], subject: UUID) -> None:
    """Hand over an event the way the worker gets it: its handler sees the event's clinic only."""
    from services.device_telemetry.events.handlers import HANDLERS

    told = EVENTS[name].schema.dump(data)
    body = a_message(name, told, subject=subject, clinic_id=data["clinic_id"])
    assert consumer.receive("device_telemetry", HANDLERS, body) == "applied"


@pytest.fixture
def fleet(api) -> Fleet:
    mine = Fleet(api)
    assert mine.http.app
    for clinic in (SOHO, LISBON):
        hear("booking.clinic_changed.v1", clinic_data(clinic), clinic.id)
    return mine


@pytest.fixture
def pen(fleet) -> Registered:
    return fleet.pen()


@pytest.fixture
def rows():
    """rows(sql): what the service's tables hold, all clinics."""

    def ask(sql: str, **values: Any) -> list[dict[str, Any]]:
        with db.transaction(db.EVERY_CLINIC) as tx:
            return tx.all(sql, values)

    return ask


@pytest.fixture
def announced(rows):
    """announced(name): the data of the events of that name in the outbox, oldest first."""

    def ask(name: str) -> list[dict[str, Any]]:
        found = rows(
            "SELECT data FROM device_telemetry.outbox WHERE type = %(type)s ORDER BY position",
            type=f"device_telemetry.{name}.v1",
        )
        return [row["data"] for row in found]

    return ask


def just_now() -> datetime:
    """A moment a little ago, to the millisecond: where streams of readings begin."""
    moment = clock.now() - timedelta(seconds=30)
    return moment.replace(microsecond=0)


@pytest.fixture
def machine(door):
    """A broker with device telemetry at its door; queues exist, what a test starts ends with it.

    Else a listener of one test said and stored what the next was about.  Queues are empty: what
    another test left there would be counted.
    """
    door.empty()
    yield door
    door.stop_ingest()


@pytest.fixture(scope="session")
def door(dsn, mint, tmp_path_factory):
    """The broker and the API that it asks, of this test worker's own."""
    with a_door(dsn, mint, tmp_path_factory.mktemp("machine")) as made:
        yield made


@contextmanager
def a_door(dsn, mint, folder):
    """Open a broker of one's own, and the API that it asks."""
    from tests import lifetimes, servers
    from tests.authority import Authority
    from tests.integration.device_telemetry.machine import Machine

    authority = Authority(lifetimes.folder() / f"tls-{ids.new()}")
    with servers.broker_to_kill(tls=authority.folder) as own:
        made = Machine(own, dsn("device_telemetry"), str(mint.jwks_file), folder)
        made.authority = authority
        made.declare()
        made.open_door()
        yield made
        made.close()

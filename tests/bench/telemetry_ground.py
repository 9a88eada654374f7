"""Device telemetry on a PostgreSQL and RabbitMQ of its own: every process of the service, and pens.

Sessions and clinics are announced by the very handlers that the worker calls.
"""

import json
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

import requests

from deploy.native import ports, rabbitmq
from deploy.native.processes import load
from services.device_telemetry.events.handlers import HANDLERS
from shared import clock, db, ids
from shared.events.catalogue import Event
from tests import lifetimes
from tests.bench import proc, sites
from tests.bench.grounds import Broker, Database, Server
from tests.people import ALICE, PRIYA, SOHO

SERVICE = "device_telemetry"
LIMIT_UM = 1100
CLINIC = {
    "clinic_id": SOHO.id,
    "name": SOHO.name,
    "time_zone": SOHO.time_zone,
    "jurisdiction": "GB",
    "phone": None,
    "email": None,
    "daily_capacity_minutes": 480,
    "active": True,
}
# When an alarm was committed: alarms' own rows change later.
RAISED = """
CREATE SCHEMA bench;
CREATE TABLE bench.raised (device_id uuid, kind text);
CREATE FUNCTION bench.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO bench.raised VALUES (new.device_id, new.kind);
    RETURN NULL;
END
$$;
CREATE TRIGGER noted AFTER INSERT ON device_telemetry.alarms
FOR EACH ROW EXECUTE FUNCTION bench.note()
"""
FORGET_ALARMS = """
TRUNCATE bench.raised;
UPDATE device_telemetry.alarms SET cleared_at = now() WHERE cleared_at IS NULL;
DELETE FROM device_telemetry.commands
"""


@dataclass(frozen=True, slots=True)
class Needled:
    """A pen with a session, as the generator wants it."""

    device: str
    clinic: str
    secret: str
    session: str


class Ground:
    """Where telemetry runs.  Its processes are those of deploy/processes.toml."""

    def __init__(self) -> None:
        server = Server("postgres-telemetry", more="track_commit_timestamp = on")
        server.add("telemetry", (SERVICE,))
        self.database = Database(server, "telemetry")
        self.sql = self.database.sql
        self.sql(RAISED)
        self.broker = Broker("rabbitmq-telemetry")
        definitions = (rabbitmq.SOURCES / "definitions.json").read_text(encoding="utf-8")
        self.broker.rabbit.api.call("POST", "definitions/%2F", json.loads(definitions))
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.kinds = {each.name: each for each in load() if each.service == SERVICE}

    @property
    def dsn(self) -> str:
        return self.database.dsn(f"{SERVICE}_app")

    def up(self) -> None:
        """Start every process, and wait for the door and for who empties the queues."""
        for name in self.kinds:
            self.start(name)
        self.up_and_heard()

    def up_and_heard(self) -> None:
        """Wait for the door and for who empties the queues."""
        ports.wait_for(self.broker.rabbit.device_api, "device-telemetry-api")
        self.wait_for_consumers()

    def start(self, name: str) -> None:
        rabbit = self.broker.rabbit
        account = f"{rabbitmq.ADMINISTRATOR}:{rabbit.password}"
        told = sites.environment(SERVICE, self.dsn) | {
            "AMQP_URL": rabbit.amqp_url(),
            "BROKER_MANAGEMENT_URL": rabbit.api.url.replace("http://", f"http://{account}@"),
            "BIND_HOST": ports.LOOPBACK,
            "INGEST_FLOOD_PER_S": "100000",  # few pens send for many
        }
        kind = self.kinds[name].kind
        told["PORT"] = str(rabbit.device_api if kind == "api" else ports.random_free(1)[0])
        with (lifetimes.folder() / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self.kinds[name].command,
                env=os.environ | told,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def down(self) -> None:
        for running in self._running.values():
            os.killpg(running.pid, signal.SIGTERM)
        for running in self._running.values():
            try:
                running.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()
        self._running.clear()

    def kill(self, name: str) -> None:
        """`kill -9` a process and start its successor; the servers come back with their data."""
        servers = {"postgresql": self.database.server, "rabbitmq": self.broker}
        if server := servers.get(name):
            server.kill()
            server.start()
            return
        os.killpg(self._running[name].pid, signal.SIGKILL)
        self._running[name].wait()
        self.start(name)

    def wait_for_consumers(self) -> None:
        deadline = time.monotonic() + 90
        while not all(queue.get("consumers") for queue in self._queues()):
            if time.monotonic() > deadline:
                raise RuntimeError("Nobody listens to the devices.")
            time.sleep(0.5)

    def waiting(self) -> int:
        """Return how many messages stand in the devices' queues."""
        return sum(queue.get("messages", 0) for queue in self._queues())

    def _queues(self) -> list[dict[str, Any]]:
        found = self.broker.rabbit.api.call("GET", "queues/%2F")
        return [each for each in found if each["name"].startswith("telemetry.")]

    def cpu_s(self) -> dict[str, float]:
        """Return the seconds of processor that each group of processes has used so far."""
        roots = {
            name.removeprefix("device-telemetry-"): running.pid
            for name, running in self._running.items()
        }
        for name in ("postgres-telemetry", "rabbitmq-telemetry"):
            roots[name.partition("-")[0]] = lifetimes.known(name)["pid"]
        return proc.used_s(roots)


def people_with_pens(ground: Ground, many: int) -> list[Needled]:
    """Register pens through the API, and open a session on each."""
    db.open_pool(ground.dsn, connections=2)
    try:
        _hear("booking.clinic_changed.v1", CLINIC, SOHO.id)
        desk = requests.Session()
        desk.headers["Authorization"] = f"Bearer {sites.token(ALICE)}"
        address = f"http://{ports.LOOPBACK}:{ground.broker.rabbit.device_api}/v1/devices"
        pens = [_needled(desk, address, number) for number in range(many)]
    finally:
        db.close_pool()
    ground.sql("DELETE FROM device_telemetry.commands")  # as if the pens had answered
    return pens


def plans(pens: list[Needled]) -> list[dict[str, str]]:
    return [asdict(pen) for pen in pens]


def _needled(desk: requests.Session, address: str, number: int) -> Needled:
    device = _post(
        desk,
        address,
        clinic_id=str(SOHO.id),
        name=f"Pen {number}",
        model="dermapen-4",
        serial=f"DP-{number:05}",
        calibrated_on=str(date(2026, 1, 5)),
        calibration_due_on="2199-01-05",
        tolerance_um=100,
    )["id"]
    secret = _post(desk, f"{address}/{device}/credentials")["secret"]
    session_id = ids.new()
    started = {
        "session_id": session_id,
        "clinic_id": SOHO.id,
        "appointment_id": ids.new(),
        "client_id": ids.new(),
        "treatment_id": ids.new(),
        "practitioner_id": PRIYA.id,
        "device_id": UUID(device),
        "started_at": clock.now(),
        "cartridge": {"lot": "L1", "serial": f"C-{number}", "expires_on": date(2199, 1, 1)},
        "limits": [{"zone": 8, "depth_um": LIMIT_UM - 100, "limit_um": LIMIT_UM, "passes": 2}],
    }
    _hear("client_records.session_started.v1", started, session_id)
    return Needled(device, str(SOHO.id), secret, str(session_id))


def _post(desk: requests.Session, address: str, **body: object) -> dict[str, Any]:
    headers = {"Idempotency-Key": str(ids.new())}
    answer = desk.post(address, json=body, headers=headers, timeout=10)
    if answer.status_code != 201:
        raise RuntimeError(answer.text)
    return answer.json()


def _hear(name: str, data: dict[str, Any], subject: UUID) -> None:
    event = Event(ids.new(), name, "/bench", subject, data["clinic_id"], 1, clock.now(), data)
    with db.transaction(db.EVERY_CLINIC) as tx:
        HANDLERS[name](tx, event)

"""A small clinic to race in: three practitioners, rooms and pens, one narrow room, one long pen."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import requests

from services.booking.usecases import rooms
from shared import clock, db, ids
from tests.bench import sites
from tests.bench.clinic import server
from tests.bench.grounds import Database
from tests.bench.opening import CREDENTIAL, HOURS, TREATMENT, adding, pen
from tests.bench.visits import ZONE, half_hour
from tests.people import Clinic, Person

PEOPLE = 3  # and as many rooms and pens
SLOTS, FIRST_DAY = 16, 3  # half hours of a day that are raced for, from which day on
_CLIENTS = 12_000
Call = list  # method, path, headers and body of a request, as a client's plan holds it
_KNOWN = """
CREATE TEMPORARY TABLE coming AS
SELECT ('00000000-0000-7000-d000-' || lpad(to_hex(n), 12, '0'))::uuid AS id
FROM generate_series(0, %(many)s - 1) AS n;
INSERT INTO booking.resources (id, kind) SELECT id, 'client' FROM coming;
INSERT INTO booking.clients (id, clinic_id, active) SELECT id, %(clinic)s::uuid, TRUE FROM coming;
DROP TABLE coming
"""
_STANDING = """
SELECT count(a.id) FROM unnest(%(starts)s::timestamptz[]) WITH ORDINALITY AS place (starts_at, n)
LEFT JOIN booking.appointments AS a
    ON place.starts_at = a.starts_at AND a.status IN ('booked', 'held')
GROUP BY place.n ORDER BY place.n
"""
_MOVES = """
SELECT count(c.appointment_id)
FROM unnest(%(starts)s::timestamptz[]) WITH ORDINALITY AS place (starts_at, n)
LEFT JOIN booking.appointment_changes AS c
    ON place.starts_at = c.starts_at AND c.happened = 'moved'
GROUP BY place.n ORDER BY place.n
"""
_OFFERS = """
SELECT o.id FROM unnest(%(starts)s::timestamptz[]) WITH ORDINALITY AS place (starts_at, n)
INNER JOIN booking.place_offers AS o ON place.starts_at = o.starts_at AND o.status = 'open'
ORDER BY place.n
"""
_OVERLAPS = """
SELECT count(*) FROM booking.allocations AS a
INNER JOIN booking.allocations AS b
    ON a.resource_id = b.resource_id AND a.during && b.during
    AND a.appointment_id < b.appointment_id AND a.active AND b.active
"""
_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True)
class Ring(Database):
    """The clinic's database, and how its things are called there.

    `treatments`: `plain`; `room` needs the narrow room, `pen` the long pen, `both` both.
    """

    clinic: UUID
    treatments: dict[str, UUID]
    people: list[UUID]
    today: date

    @property
    def token(self) -> str:
        here = Clinic(self.clinic, "Ring", ZONE.key)
        desk = Person(UUID(int=2), "Bob", "bob@needlepoint.example", ("front_desk",), (here,))
        return sites.token(desk)

    def slots(self, first: int, many: int) -> list[datetime]:
        """Return some half hours, counted from the first of all."""
        numbers = range(first, first + many)
        return [half_hour(self.today, FIRST_DAY + n // SLOTS, n % SLOTS) for n in numbers]

    def asks(self, path: str, body: object = None) -> Call:
        """Return a POST with a key of its own."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(ids.new()),
        }
        return ["POST", path, headers, json.dumps(body or {})]

    def booking(
        self, client: int, starts_at: datetime, person: int = 0, treatment: str = "plain"
    ) -> Call:
        """Return the request that books for a client with a practitioner."""
        body = {
            "treatment_id": str(self.treatments[treatment]),
            "client_id": client_id(client),
            "practitioner_id": str(self.people[person]),
            "starts_at": starts_at.isoformat(),
        }
        return self.asks(f"/v1/clinics/{self.clinic}/appointments", body)

    def waiting(self, client: int, starts_at: datetime) -> Call:
        """Return the request of a client who wants exactly this start with the first of all."""
        at, day = f"{starts_at:%H:%M}", starts_at.date().isoformat()
        body = {
            "treatment_id": str(self.treatments["plain"]),
            "client_id": client_id(client),
            "practitioner_id": str(self.people[0]),
            "earliest_time": at,
            "latest_time": at,
            "from_day": day,
            "until_day": day,
        }
        return self.asks(f"/v1/clinics/{self.clinic}/waiting-list", body)

    def standing(self, starts: Sequence[datetime]) -> list[int]:
        """Return how many appointments and holds stand at each start."""
        return [row[0] for row in self.sql(_STANDING, {"starts": list(starts)})]

    def moves(self, starts: Sequence[datetime]) -> list[int]:
        """Return how many appointments were moved to each start."""
        return [row[0] for row in self.sql(_MOVES, {"starts": list(starts)})]

    def offers(self, starts: Sequence[datetime]) -> list[UUID]:
        """Return the offer of each start.  Raises when one was not offered."""
        found = [row[0] for row in self.sql(_OFFERS, {"starts": list(starts)})]
        if len(found) != len(starts):
            raise RuntimeError(f"{len(found)} of {len(starts)} places were offered.")
        return found

    def overlaps(self) -> int:
        return self.sql(_OVERLAPS)[0][0]

    def deadlocks(self) -> int:
        """Return how many there ever were; a connection tells of its own when it closes."""
        return self.sql(_DEADLOCKS)[0][0]


def client_id(number: int) -> str:
    return f"00000000-0000-7000-d000-{number:012x}"


def send(site: sites.Site, asked: Call) -> dict:
    """Ask once, before a race, and return the answer's body."""
    method, path, headers, body = asked
    answer = requests.request(
        method, f"{site.address}{path}", headers=headers, data=body, timeout=10
    )
    if not answer.ok:
        raise RuntimeError(answer.text)
    return answer.json()


def opened() -> Ring:
    """Make a database, and open the clinic in it through the API."""
    name = "ring"
    server().add(name, ("booking",))
    with sites.ours(server().dsn(name, "booking_app")) as site:
        found = _in_it(site.address)
    ring = Ring(server(), name, today=clock.now().astimezone(ZONE).date(), **found)
    db.open_pool(ring.dsn("booking_app"), connections=1)
    with db.transaction(db.EVERY_CLINIC) as tx:
        for number in range(PEOPLE + 1):
            device = UUID(f"00000000-0000-7000-c000-{number:012x}")
            model = "Pen 5" if number == PEOPLE else "Pen 4"
            told = {**pen(ring.clinic, device, number), "model": model}
            rooms.remember_device(tx, told)
    db.close_pool()
    ring.sql(_KNOWN, {"clinic": ring.clinic, "many": _CLIENTS})
    ring.sql("VACUUM (ANALYZE)")
    return ring


def _in_it(address: str) -> dict:
    add = adding(address)
    clinic = add("", name="Ring", time_zone=ZONE.key, jurisdiction="GB", hours=HOURS)
    narrow, long_pen = {"room_kind": "narrow"}, {"device_models": ["Pen 5"]}
    needs = {"plain": {}, "room": narrow, "pen": long_pen, "both": narrow | long_pen}
    add(f"/{clinic}/rooms", name="Narrow room", kind="narrow", turnover_minutes=0)
    for n in range(PEOPLE):
        add(f"/{clinic}/rooms", name=f"Room {n}", turnover_minutes=0)
    return {
        "clinic": clinic,
        "treatments": {
            name: add(f"/{clinic}/treatments", **TREATMENT | {"name": f"Face, {name}"} | more)
            for name, more in needs.items()
        },
        "people": [
            add(
                f"/{clinic}/practitioners",
                practitioner_id=f"00000000-0000-7000-b000-{n:012x}",
                name=f"Practitioner {n}",
                hours=HOURS,
                **CREDENTIAL,
            )
            for n in range(PEOPLE)
        ],
    }

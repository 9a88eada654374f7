"""One large clinic with years behind it: the same visits for us and for django-appointment.

Twenty practitioners, rooms and devices; visits of half an hour, eight a day for each practitioner,
from some years ago until sixty days ahead.  More data is a longer past.  Everything is counted,
nothing is drawn by lot, so that each run and each system has the same.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from uuid import UUID

from services.booking.usecases import rooms
from shared import clock, db
from tests.bench import peer, sites
from tests.bench.frame import say
from tests.bench.grounds import Database, Server
from tests.bench.opening import CREDENTIAL, HOURS, TREATMENT, adding, pen
from tests.bench.visits import (
    A_DAY,
    AHEAD,
    HALF_HOURS,
    NEW,
    PEOPLE,
    REGULARS,
    TAKEN,
    VISITS,
    ZONE,
    half_hour,
)
from tests.people import Clinic, Person

SIZES = {"1x": 60_000, "4x": 240_000, "16x": 960_000}

_APPOINTMENTS = """
INSERT INTO booking.appointments (
    id, clinic_id, client_id, treatment_id, practitioner_id, room_id, device_id, starts_at, ends_at,
    status, screening, version
)
SELECT
    id, %(clinic)s::uuid, client, %(treatment)s::uuid, people[person + 1], rooms[room + 1],
    devices[device + 1], (on_day + at) AT TIME ZONE 'Europe/London',
    (on_day + at + interval '30 minutes') AT TIME ZONE 'Europe/London',
    CASE WHEN day < 0 THEN 'completed' ELSE 'booked' END, 'clear', 1
FROM placed
"""
_ALLOCATIONS = """
INSERT INTO booking.allocations (appointment_id, resource_id, during, active)
SELECT
    id, resource,
    tstzrange(
        (on_day + at) AT TIME ZONE 'Europe/London',
        (on_day + at + interval '30 minutes') AT TIME ZONE 'Europe/London'
    ),
    TRUE
FROM placed
CROSS JOIN unnest(
    ARRAY[people[person + 1], rooms[room + 1], devices[device + 1], client]
) AS resource
"""
_RECOVERIES = """
INSERT INTO booking.recoveries (
    appointment_id, client_id, recovery_group, during, treated_at, recovered_at, active
)
SELECT
    id, client, 'face', tstzrange(starts, starts + interval '28 days'), starts,
    starts + interval '28 days', TRUE
FROM (SELECT *, (on_day + at) AT TIME ZONE 'Europe/London' AS starts FROM placed) AS each
"""
_CHANGES = """
INSERT INTO booking.appointment_changes (
    appointment_id, version, clinic_id, happened, changed, status, starts_at, changed_at
)
SELECT
    id, 1, %(clinic)s::uuid, 'booked', ARRAY['status'], 'booked',
    (on_day + at) AT TIME ZONE 'Europe/London', now()
FROM placed
"""
_CLIENTS = f"""
CREATE TEMPORARY TABLE coming AS
SELECT ('00000000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid AS id
FROM generate_series(0, {REGULARS} - 1) AS n
UNION ALL
SELECT ('00000000-0000-7000-a000-' || lpad(to_hex(n), 12, '0'))::uuid AS id
FROM generate_series(0, {NEW} - 1) AS n;
INSERT INTO booking.resources (id, kind) SELECT id, 'client' FROM coming;
INSERT INTO booking.clients (id, clinic_id, active) SELECT id, %(clinic)s::uuid, TRUE FROM coming;
DROP TABLE coming
"""
_TRUSTED = "SET session_replication_role = replica;"  # a foreign key each row would take minutes
# A GiST index is built faster than it is fed row by row.
_GIST = {
    "booking.allocations": "allocations_never_overlap",
    "booking.recoveries": "recoveries_never_overlap",
}


@dataclass(frozen=True)
class BigClinic(Database):
    """A database with the clinic in it, and how its things are called there."""

    size: str
    clinic: UUID
    treatment: UUID
    people: list[UUID]
    rooms: list[UUID]
    devices: list[UUID]
    today: date
    peer: peer.Names

    @property
    def desk(self) -> Person:
        """Return who books."""
        here = Clinic(self.clinic, "Big", ZONE.key)
        return Person(UUID(int=2), "Bob", "bob@needlepoint.example", ("front_desk",), (here,))

    def values(self, first: int, last: int) -> dict:
        """Return the parameters of VISITS for the days from `first` to `last`, today being 0."""
        return {
            "first": first,
            "last": last,
            "people": self.people,
            "rooms": self.rooms,
            "devices": self.devices,
            "today": self.today,
            "clinic": self.clinic,
            "treatment": self.treatment,
            "staff": self.peer.staff,
            "service": self.peer.service,
        }

    def free(self) -> list[tuple[int, datetime]]:
        """Return free half hours ahead as practitioner and start, days and people taking turns."""
        return [
            (person, half_hour(self.today, day, (day * 7 + person * 11 + k * 5) % HALF_HOURS))
            for k in range(TAKEN, HALF_HOURS)
            for day in range(2, AHEAD)
            for person in range(PEOPLE)
        ]

    def settle(self) -> None:
        """Forget who booked in a benchmark, and let the disk come to rest."""
        self.sql(_FORGET)
        self.sql(peer.FORGET)
        self.sql("VACUUM (ANALYZE)")
        self.sql("CHECKPOINT")


_NEWCOMERS = (
    "BETWEEN '00000000-0000-7000-a000-000000000000' AND '00000000-0000-7000-afff-ffffffffffff'"
)
_BOOKED = f"SELECT id FROM booking.appointments WHERE client_id {_NEWCOMERS}"
BOOKED = f"SELECT count(*) FROM ({_BOOKED}) AS booked"
OVERLAPS = f"""
SELECT count(*) FROM booking.allocations AS a
INNER JOIN booking.allocations AS b
    ON a.resource_id = b.resource_id AND a.during && b.during
    AND a.appointment_id <> b.appointment_id AND a.active AND b.active
WHERE a.appointment_id IN ({_BOOKED})
    AND (a.appointment_id < b.appointment_id OR b.appointment_id NOT IN ({_BOOKED}))
"""
_FORGET = f"""
DELETE FROM booking.allocations WHERE appointment_id IN ({_BOOKED});
DELETE FROM booking.recoveries WHERE appointment_id IN ({_BOOKED});
DELETE FROM booking.appointment_changes WHERE appointment_id IN ({_BOOKED});
DELETE FROM booking.appointments WHERE client_id {_NEWCOMERS};
TRUNCATE booking.outbox, booking.subject_sequences, booking.idempotency_keys
"""


def newcomer(number: int) -> UUID:
    """Return the id of a client who was never here."""
    return UUID(f"00000000-0000-7000-a000-{number:012x}")


@cache
def server() -> Server:
    """Return the PostgreSQL that all of these databases share."""
    return Server("postgres-booking")


@cache
def of_size(size: str, appointments: int) -> BigClinic:
    """Return the clinic with so many appointments; the smaller one is copied and filled up."""
    smaller = [name for name, count in SIZES.items() if count < appointments]
    behind = appointments // A_DAY - AHEAD
    if not smaller:
        found = _founded(size)
        first, last = -behind, AHEAD - 1
    else:
        least = of_size(smaller[-1], SIZES[smaller[-1]])
        found = _copied(least, size)
        first, last = -behind, -(SIZES[smaller[-1]] // A_DAY - AHEAD) - 1
    say(f"writing {(last - first + 1) * A_DAY:,} appointments into the {size} clinic")
    _fill(found, first, last)
    return found


def _founded(size: str) -> BigClinic:
    """Make a database, and open the clinic in it through the API."""
    name = f"clinic_{size}"
    server().add(name, ("booking",))
    with sites.ours(server().dsn(name, "booking_app")) as site:
        found = _opened(site.address)
    today = clock.now().astimezone(ZONE).date()
    names = peer.found(server().dsn(name))
    clinic = BigClinic(server(), name, size, today=today, peer=names, **found)
    db.open_pool(clinic.dsn("booking_app"), connections=1)
    with db.transaction(db.EVERY_CLINIC) as tx:
        for number, device in enumerate(clinic.devices):
            rooms.remember_device(tx, pen(clinic.clinic, device, number))
    db.close_pool()
    clinic.sql(_CLIENTS, {"clinic": clinic.clinic})
    return clinic


def _opened(address: str) -> dict:
    add = adding(address)
    clinic = add("", name="Big", time_zone=ZONE.key, jurisdiction="GB", hours=HOURS)
    return {
        "clinic": clinic,
        "treatment": add(f"/{clinic}/treatments", **TREATMENT),
        "people": [
            add(
                f"/{clinic}/practitioners",
                practitioner_id=f"00000000-0000-7000-b000-{n:012x}",
                name=f"Practitioner {n:02}",
                hours=HOURS,
                **CREDENTIAL,
            )
            for n in range(PEOPLE)
        ],
        "rooms": [
            add(f"/{clinic}/rooms", name=f"Room {n:02}", turnover_minutes=0) for n in range(PEOPLE)
        ],
        "devices": [UUID(f"00000000-0000-7000-c000-{n:012x}") for n in range(PEOPLE)],
    }


def _copied(smaller: BigClinic, size: str) -> BigClinic:
    name = f"clinic_{size}"
    server().copy(smaller.name, name)
    return replace(smaller, name=name, size=size)


def _fill(clinic: BigClinic, first: int, last: int) -> None:
    rules = [_without(clinic, table, name) for table, name in _GIST.items()]
    values = clinic.values(first, last)
    for statement in (_APPOINTMENTS, _ALLOCATIONS, _RECOVERIES, _CHANGES):
        head, _, select = statement.partition("SELECT")
        clinic.sql(f"{_TRUSTED}{head}{VISITS}SELECT{select}", values)
    clinic.sql(f"{_TRUSTED}{peer.REQUESTS.format(visits=VISITS)}", values)
    clinic.sql(f"{_TRUSTED}{peer.APPOINTMENTS}")
    for rule in rules:
        clinic.sql(rule)
    clinic.settle()


def _without(clinic: BigClinic, table: str, name: str) -> str:
    """Drop a constraint and return what makes it again."""
    [[said]] = clinic.sql(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", (name,)
    )
    clinic.sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    return f"ALTER TABLE {table} ADD CONSTRAINT {name} {said}"

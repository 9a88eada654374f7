"""The franchise's clients, the weeks behind it and the weeks ahead."""

import random
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from deploy.demo import franchise
from deploy.demo.franchise import CLIENTS, DemoClinic
from deploy.demo.outside import Caller, DemoRefused
from deploy.demo.progress import NAMESPACE, Progress, key
from services.booking.domain.appointments import AppointmentUnknown
from services.booking.domain.changes import Change
from services.booking.usecases import appointments
from services.booking.usecases.appointments import Wanted
from shared import clock, db
from shared.db import Transaction
from shared.errors import DomainError

WEEKS_BEHIND = 4
DAYS_AHEAD = 21
BOOKED_AHEAD = CLIENTS * 3 // 5  # appointments a clinic has in the weeks to come
PATIENCE_S = 60
# What became of the past: most came, some cancelled, some did not.
ENDINGS = ("complete",) * 8 + ("cancel", "miss")


def clients(desk: Caller, clinic: DemoClinic, clinic_id: str, progress: Progress) -> list[str]:
    """Register the clinic's clients and return their ids."""
    chance = random.Random(f"{franchise.SEED}/{clinic.key}/clients")  # noqa: S311 # a story
    bodies = [_client(chance, clinic, clinic_id, number) for number in range(CLIENTS)]

    def make() -> list[str]:
        return [
            desk.post(
                "/api/client-records/v1/clients", body, key=key("client", clinic.key, str(number))
            )["id"]
            for number, body in enumerate(bodies)
        ]

    found: list[str] = progress.once(f"clients/{clinic.key}", make)
    return found


def _client(
    chance: random.Random, clinic: DemoClinic, clinic_id: str, number: int
) -> dict[str, Any]:
    given, family = chance.choice(franchise.GIVEN), chance.choice(franchise.FAMILY)
    digits = 12 - len(clinic.dialling)
    return {
        "given_name": given,
        "family_name": family,
        "birth_date": f"{chance.randint(1955, 2000)}-{chance.randint(1, 12):02}-11",
        "email": f"{given}.{family}.{number}@{clinic.key}.example".lower(),
        "phone": clinic.dialling + f"{number:0{digits}}",
        "locale": clinic.locale,
        "clinic_id": clinic_id,
    }


def wait_for_pens(desk: Caller, clinic_id: str, count: int) -> None:
    """Wait until booking knows the pens: the news travels as events."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        told = desk.get(f"/api/booking/v1/clinics/{clinic_id}/devices")
        if sum(device["fit"] for device in told["items"]) >= count:
            return
        time.sleep(0.3)
    raise TimeoutError("Booking has not heard of the clinic's pens.")


def past(
    clinic: DemoClinic,
    found: dict[str, Any],
    treatments: list[dict[str, Any]],
    client_ids: list[str],
    progress: Progress,
) -> None:
    """Record the weeks behind: booked a week before, and what became of it.

    The use cases run as they would have, with the `now` of that day; no rule is passed by.
    """

    def make() -> int:
        chance = random.Random(f"{franchise.SEED}/{clinic.key}/past")  # noqa: S311 # a story
        starts = _starts(chance, clinic, days=range(-7 * WEEKS_BEHIND, 1))
        wanted = zip(_shuffled(chance, client_ids * 2), starts, strict=False)
        return sum(
            record(
                clinic, found["id"], chance.choice(treatments)["id"], client_id, starts_at, chance
            )
            for client_id, starts_at in wanted
            if starts_at < clock.now() - timedelta(hours=1, minutes=30)
        )

    progress.once(f"past/{clinic.key}", make)


def record(
    clinic: DemoClinic,
    clinic_id: str,
    treatment_id: str,
    client_id: str,
    starts_at: datetime,
    chance: random.Random,
) -> bool:
    """Record one appointment of the past, unless a run that was broken off has done so.

    A time that was refused then is left out.
    """
    wanted = Wanted(
        id=uuid.uuid5(NAMESPACE, f"{clinic.key}/{client_id}/{starts_at.isoformat()}"),
        clinic_id=uuid.UUID(clinic_id),
        client_id=uuid.UUID(client_id),
        treatment_id=uuid.UUID(treatment_id),
        starts_at=starts_at,
    )
    booked_at, ending = starts_at - timedelta(days=7), chance.choice(ENDINGS)
    try:
        with db.transaction(db.Scope.of({wanted.clinic_id})) as tx:
            if _is_recorded(tx, wanted.id):
                return True
            now = appointments.book(tx, wanted, Change(None, booked_at))
            for step, at in _steps(ending, starts_at):
                now = appointments.step(tx, step, now, Change(None, at))
    except DomainError:
        return False
    return True


def _is_recorded(tx: Transaction, appointment_id: uuid.UUID) -> bool:
    try:
        appointments.find(tx, appointment_id)
    except AppointmentUnknown:
        return False
    return True


def _steps(ending: str, starts_at: datetime) -> Iterator[tuple[str, datetime]]:
    if ending == "cancel":
        yield "cancel", starts_at - timedelta(days=2)
        return
    yield "confirm", starts_at - timedelta(days=1)
    if ending == "miss":
        yield "miss", starts_at + timedelta(minutes=20)
        return
    yield "arrive", starts_at - timedelta(minutes=5)
    yield "complete", starts_at + timedelta(minutes=50)


def future(
    desk: Caller,
    clinic: DemoClinic,
    found: dict[str, Any],
    treatments: list[dict[str, Any]],
    client_ids: list[str],
    progress: Progress,
) -> None:
    """Book the weeks ahead, today first, through the front desk."""

    def make() -> int:
        chance = random.Random(f"{franchise.SEED}/{clinic.key}/future")  # noqa: S311 # a story
        now = clock.now()
        starts = [start for start in _starts(chance, clinic, days=range(DAYS_AHEAD)) if start > now]
        booked = 0
        for client_id, starts_at in zip(_shuffled(chance, client_ids * 2), starts, strict=False):
            treatment_id = chance.choice(treatments)["id"]
            booked += _book(desk, found["id"], treatment_id, client_id, starts_at)
            if booked >= BOOKED_AHEAD:
                break
        return booked

    progress.once(f"future/{clinic.key}", make)


def _book(
    desk: Caller, clinic_id: str, treatment_id: str, client_id: str, starts_at: datetime
) -> bool:
    """Book one appointment; a time that is refused is left out."""
    body = {
        "treatment_id": treatment_id,
        "client_id": client_id,
        "starts_at": starts_at.isoformat(),
    }
    try:
        desk.post(
            f"/api/booking/v1/clinics/{clinic_id}/appointments",
            body,
            key=key("book", client_id, starts_at.isoformat()),
        )
    except DemoRefused:
        return False
    return True


def _starts(chance: random.Random, clinic: DemoClinic, *, days: range) -> list[datetime]:
    """Return times of opening, by the clinic's clock: six a day, four on the first days ahead."""
    zone = ZoneInfo(clinic.time_zone)
    today = datetime.now(zone).date()
    found = []
    for day in days:
        for hour in sorted(chance.sample(range(8, 19), 4)):
            wall = datetime.combine(
                today + timedelta(days=day), datetime.min.time().replace(hour=hour), zone
            )
            found.append((wall + timedelta(minutes=chance.choice((0, 15, 30)))).astimezone(UTC))
    return found


def _shuffled(chance: random.Random, names: list[str]) -> list[str]:
    return chance.sample(names, len(names))

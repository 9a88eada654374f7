"""The very statements of one booking, written down as they go to the server, for others' values.

So the bare transaction beside our API is always the same as what the API sends: trip by trip.
"""

import json
import os
import re
from collections.abc import Mapping
from contextlib import redirect_stdout
from datetime import datetime
from io import StringIO
from uuid import UUID

from services.booking.app import create_app
from shared import clock, db, ids
from tests.bench import sites
from tests.bench.clinic import BigClinic, newcomer

_NEW = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:00(?![.0-9])")
_JSON = {"Content-Type": "application/json"}
_FIELDS = ("client_id", "practitioner_id", "room_id", "device_id")


class Booking:
    """One booking's statements; `for_` gives them for another client, practitioner and time."""

    def __init__(self, trips: list[bytes], answer: Mapping[str, str], key: str) -> None:
        self._trips, self._key = [trip.decode() for trip in trips], key
        self._known = [answer[name] for name in _FIELDS]
        made = {found for trip in self._trips for found in _NEW.findall(trip)}
        self._made = sorted(found for found in made if found[:13] >= key[:13])
        times = {found for trip in self._trips for found in _TIME.findall(trip)}
        self._times = sorted(found for found in times if found >= answer["starts_at"][:10])
        self._starts = datetime.fromisoformat(answer["starts_at"])

    def for_(self, client: UUID, place: tuple[UUID, UUID, UUID], starts_at: datetime) -> list[str]:
        """Return the statements for a client in a place: practitioner, room and device."""
        pairs = list(zip(self._known, map(str, (client, *place)), strict=True))
        pairs += [(old, str(ids.new())) for old in {*self._made, self._key}]
        later = starts_at - self._starts
        pairs += [(old, _minute(datetime.fromisoformat(f"{old}Z") + later)) for old in self._times]
        marked = [(old, f"\0{n}\0", new) for n, (old, new) in enumerate(pairs)]
        return [_replaced(trip, marked) for trip in self._trips]


def booking(clinic: BigClinic) -> Booking:
    """Book once through our own application, in this process, and return what was sent."""
    trips: list[bytes] = []

    class Recording(db.Transaction):
        def execute(self, query, vars=None):  # noqa: A002 # psycopg2's word
            super().execute(query, vars)
            trips.append(self.query)

        def _planned(self, query):
            trips.append(query.plan.encode())  # caller.py sends it once a connection, as we do
            return super()._planned(query)

    person, starts_at = clinic.free()[0]
    key, path = str(ids.new()), f"/v1/clinics/{clinic.clinic}"
    headers = {"Authorization": f"Bearer {sites.token(clinic.desk)}", "Idempotency-Key": key}
    body = request(clinic, 0, person, starts_at)
    usual, db.Transaction = db.Transaction, Recording
    os.environ.update(sites.environment("booking", clinic.dsn("booking_app")))
    try:
        with redirect_stdout(StringIO()):  # the application's log
            client = create_app().test_client()
            client.get(path, headers=headers)  # opens the pool, and remembers who asks
            trips.clear()
            answer = client.post(f"{path}/appointments", data=body, headers=headers | _JSON)
    finally:
        db.Transaction = usual
        db.close_pool()
    if answer.status_code != 201:
        raise RuntimeError(answer.text)
    clinic.settle()
    return Booking(trips, answer.json, key)


def request(clinic: BigClinic, number: int, person: int, starts_at: datetime) -> str:
    """Return the body of a booking for a newcomer with a practitioner."""
    body = {
        "treatment_id": str(clinic.treatment),
        "client_id": str(newcomer(number)),
        "practitioner_id": str(clinic.people[person]),
        "starts_at": starts_at.astimezone(clock.now().tzinfo).isoformat(),
    }
    return json.dumps(body)


def _minute(when: datetime) -> str:
    return when.astimezone(clock.now().tzinfo).strftime("%Y-%m-%dT%H:%M:00")


def _replaced(trip: str, marked: list[tuple[str, str, str]]) -> str:
    """Replace all at once: what one pair puts in is not what another takes out."""
    for old, mark, _ in marked:
        trip = trip.replace(old, mark)
    for _, mark, new in marked:
        trip = trip.replace(mark, new)
    return trip

"""Late, repeated and shuffled events give the same picture as events in order."""

import random
import uuid
from datetime import timedelta

import pytest

from services.headquarters.events.handlers import HANDLERS
from services.headquarters.usecases import picture
from shared import db
from shared.amqp import envelope
from tests import people
from tests.integration.headquarters import happenings as given
from tests.integration.headquarters.happenings import MONDAY_10

DAY = timedelta(days=1)


def a_week(chance):
    """Return the events of some things at two clinics, each thing's in order."""
    told = [given.clinic(people.SOHO), given.clinic(people.LISBON)]
    told.append(given.clinic(people.LISBON, daily_capacity_minutes=900))
    for _ in range(6):
        where, visit = (
            chance.choice([people.SOHO, people.LISBON]),
            uuid.UUID(int=chance.getrandbits(128)),
        )
        starts_at = MONDAY_10 + DAY * chance.randrange(-3, 3)
        told.append(given.appointment("booked", id_=visit, where=where, starts_at=starts_at))
        for version in range(2, chance.randrange(2, 5)):
            happened = chance.choice(["moved", "confirmed", "cancelled", "missed", "completed"])
            moved = starts_at + DAY * chance.randrange(-2, 2)
            told.append(
                given.appointment(
                    happened, id_=visit, version=version, where=where, starts_at=moved
                )
            )
        alarm, kind = uuid.uuid4(), chance.choice(["depth_over_limit", "silent"])
        told.append(given.alarm(alarm, where=where, kind=kind))
        told.append(given.alarm(alarm, where=where, kind=kind, cleared_at=MONDAY_10 + DAY))
        message = uuid.uuid4()
        told.append(given.message(message, "failed", where=where, reason="answer_lost"))
        told.append(given.message(message, where=where))
        told.append(given.adverse_event(uuid.uuid4(), where=where))
    return [envelope.read(body, HANDLERS, MONDAY_10) for body in told]


def picture_after(events, scene):
    """Hand events straight to the handlers, past the inbox that would stop the repeats."""
    scene()
    for event in events:
        with db.transaction(db.EVERY_CLINIC) as tx:
            HANDLERS[event.type](tx, event)
    with db.transaction(db.EVERY_CLINIC) as tx:
        rows = {row["clinic_id"]: row for row in picture.rows(tx, MONDAY_10)}
        days = tx.all("SELECT * FROM headquarters.clinic_days ORDER BY clinic_id, day")
        to_do = tx.all(
            "SELECT id FROM headquarters.attention WHERE stays OR gone_at IS NULL ORDER BY id"
        )
    counted = [
        day for day in days if any(day[name] for name in day if name not in {"clinic_id", "day"})
    ]
    for row in rows.values():
        del row["last_heard_at"]
    return rows, counted, to_do


@pytest.mark.parametrize("seed", range(6))
def test_any_order_and_any_repeats_give_the_same_picture(monday, database_name, seed):
    from tests import databases

    chance = random.Random(seed)  # noqa: S311 # a shuffle, no secret
    events = a_week(chance)
    in_order = picture_after(events, lambda: databases.clean(database_name))

    shuffled = events + chance.choices(events, k=len(events))
    chance.shuffle(shuffled)

    assert picture_after(shuffled, lambda: databases.clean(database_name)) == in_order

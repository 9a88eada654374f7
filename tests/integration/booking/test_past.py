"""A clinic's history is written down by the same constraints."""

from datetime import timedelta

import pytest

from services.booking.domain.changes import Change
from services.booking.usecases import past
from services.booking.usecases.past import NotOver, PastVisit, TakenThen
from shared import clock, db, ids
from tests.integration.booking.conftest import problem


def visit(franchise, days=-10, **changes):
    facts = {
        "id": ids.new(),
        "clinic_id": franchise.clinic,
        "client_id": franchise.client,
        "treatment_id": franchise.treatment,
        "practitioner_id": franchise.priya,
        "room_id": franchise.room_1,
        "device_id": franchise.pen_1,
        "starts_at": franchise.at("10:00", days),
        "status": "completed",
    } | changes
    return PastVisit(**facts)


def record(franchise, *visits):
    with db.transaction(db.Scope.of([franchise.clinic])) as tx:
        return [past.record(tx, each, Change(None, clock.now())) for each in visits]


def test_past_visit_is_announced_once_as_it_ended(franchise, outbox, desk):
    [done] = record(franchise, visit(franchise))
    [event] = outbox()
    assert event["type"] == "booking.appointment_completed.v1"
    assert event["data"]["changed_at"] == done["ends_at"].isoformat().replace("+00:00", "Z")
    assert desk.show({"id": done["id"]})["status"] == "completed"


def test_skin_recovers_from_past_visits_too(franchise, desk):
    record(franchise, visit(franchise))
    assert problem(desk.book(days=17)) == (422, "skin-recovering")
    desk.booked(days=18)


def test_missed_and_cancelled_visits_took_nothing(franchise):
    other = franchise.other
    done = record(
        franchise,
        visit(franchise, status="missed"),
        visit(franchise, status="cancelled"),
        visit(franchise, client_id=other),
    )
    assert [each["status"] for each in done] == ["missed", "cancelled", "completed"]


@pytest.mark.parametrize("shared", ["practitioner_id", "room_id", "device_id", "client_id"])
def test_nobody_and_nothing_was_in_two_places(franchise, shared):
    first = visit(franchise)
    apart = {
        "practitioner_id": franchise.noor,
        "room_id": franchise.room_2,
        "device_id": franchise.pen_2,
        "client_id": franchise.other,
    }
    apart.pop(shared)
    second = visit(franchise, starts_at=first.starts_at + timedelta(minutes=30), **apart)
    record(franchise, first)
    with pytest.raises(TakenThen):
        record(franchise, second)


def test_two_sessions_did_not_follow_within_the_interval(franchise):
    with pytest.raises(TakenThen):
        record(franchise, visit(franchise, -30), visit(franchise, -3))
    assert len(record(franchise, visit(franchise, -38), visit(franchise, -10))) == 2


def test_what_is_to_come_is_no_past(franchise):
    with pytest.raises(NotOver):
        record(franchise, visit(franchise, 1))
    with pytest.raises(NotOver):
        record(franchise, visit(franchise, status="booked"))

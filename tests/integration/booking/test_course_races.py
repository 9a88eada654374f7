"""Courses that cross each other: each is booked whole or not at all, and nobody waits for ever."""

import random
import threading
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from functools import partial

import pytest

from services.booking.domain.changes import Change
from services.booking.usecases import (
    appointments,
    course_bookings,
    course_moves,
    course_plans,
    courses,
)
from services.booking.usecases.appointments import Move, Wanted
from services.booking.usecases.course_bookings import NewCourse
from shared import clock, db, ids
from shared.errors import DomainError
from tests.integration.booking.races import together

CALLERS = 6
ROUNDS = 30
DAYS = 28


@pytest.fixture
def clients(franchise):
    """Clients to book for; every caller's connection is open before the first race."""
    with ExitStack() as open_at_once:
        for _ in range(CALLERS):
            open_at_once.enter_context(db.transaction())
    return [franchise.a_client() for _ in range(CALLERS)]


def a_course(franchise, client, *, days=2, clock_time="10:00", **changes):
    """Return a course whose sessions lie exactly four weeks apart, or nowhere."""
    facts = {
        "id": ids.new(),
        "appointment_ids": tuple(sorted(ids.new() for _ in range(12))),
        "clinic_id": franchise.clinic,
        "client_id": client,
        "treatment_id": franchise.treatment,
        "starts_at": franchise.at(clock_time, days),
        "sessions": 3,
        "interval_days": DAYS,
        "most_interval_days": DAYS,
        "earliest": 10 * 60,
        "latest": 10 * 60,
    } | changes
    return NewCourse(**facts)


def attempted(attempts):
    """Start everybody at once, each in a transaction; return what came of it."""

    def one(attempt):
        with db.transaction(db.EVERY_CLINIC) as tx:
            return attempt(tx)

    return together([partial(one, attempt) for attempt in attempts], DomainError)


def booking(wanted):
    return lambda tx: course_bookings.book(tx, wanted, Change(None, clock.now()))


def lengths():
    """Return how many courses have how many sessions that are to come."""
    with db.transaction(db.EVERY_CLINIC) as tx:
        rows = tx.all(
            "SELECT count(a.id) AS n FROM booking.courses AS c "
            "LEFT JOIN booking.appointments AS a ON a.course_id = c.id AND a.status = 'booked' "
            "WHERE c.status = 'active' GROUP BY c.id",
            {},
        )
    return Counter(row["n"] for row in rows)


def strays():
    """Return how many are in two places at once, and how many sessions lie inside a recovery."""
    with db.transaction(db.EVERY_CLINIC) as tx:
        return tx.one(
            "SELECT "
            "(SELECT count(*) FROM booking.allocations AS a JOIN booking.allocations AS b"
            " ON a.resource_id = b.resource_id AND a.appointment_id < b.appointment_id"
            " AND a.during && b.during WHERE a.active AND b.active) AS overlaps, "
            "(SELECT count(*) FROM booking.recoveries AS a JOIN booking.recoveries AS b"
            " ON a.client_id = b.client_id AND a.recovery_group = b.recovery_group"
            " AND a.appointment_id < b.appointment_id AND a.during && b.during"
            " WHERE a.active AND b.active) AS pressed",
            {},
        )


def cancel_all():
    with db.transaction(db.EVERY_CLINIC) as tx:
        for row in tx.all("SELECT id FROM booking.courses WHERE status = 'active'", {}):
            courses.cancel(tx, row["id"], Change(None, clock.now()))
        for row in tx.all("SELECT id FROM booking.appointments WHERE status = 'booked'", {}):
            found = appointments.find(tx, row["id"], lock=True)
            appointments.enter(tx, found, "cancelled", Change(None, clock.now()))


def test_of_many_courses_on_one_practitioner_exactly_one_is_booked(franchise, clients):
    refused = Counter()
    for number in range(ROUNDS // 2):
        asked = [
            a_course(franchise, client, days=2 + number, practitioner_id=franchise.priya)
            for client in clients
        ]
        results = attempted([booking(each) for each in asked])
        refused.update(each for each in results if isinstance(each, str))
        assert lengths() == {3: 1}
        cancel_all()
    assert set(refused) <= {"PractitionerBusy", "CourseNotPossible"}


def test_courses_that_cross_in_opposite_orders_are_booked_whole_or_not_at_all(franchise, clients):
    chance = random.Random(11)  # noqa: S311 # repeatable, not secret
    people = (franchise.priya, franchise.noor, None)
    refused = Counter()
    for number in range(ROUNDS):
        asked = [
            a_course(
                franchise,
                client,
                days=2 + number % 20 + chance.choice((0, DAYS, 2 * DAYS)),
                practitioner_id=chance.choice(people),
                same_practitioner=chance.random() < 0.3,
            )
            for client in clients
        ]
        results = attempted([booking(each) for each in asked])
        won = [each for each in results if isinstance(each, dict)]
        assert won
        refused.update(each for each in results if isinstance(each, str))
        assert lengths() == {3: len(won)}
        assert strays() == {"overlaps": 0, "pressed": 0}
        cancel_all()
    assert set(refused) == {"PractitionerBusy", "CourseNotPossible"}


def test_shifts_cancellations_and_bookings_that_cross_never_deadlock(franchise, clients):
    chance = random.Random(13)  # noqa: S311 # repeatable, not secret
    for number in range(ROUNDS):
        with db.transaction(db.EVERY_CLINIC) as tx:
            made = [
                course_bookings.book(
                    tx,
                    a_course(franchise, client, days=3, most_interval_days=40, latest=17 * 60),
                    Change(None, clock.now()),
                )
                for client in clients[:2]
            ]
        plans = [chance.choice(("shift", "move", "cancel", "book")) for _ in clients]

        def attempt(tx, n, made=made, plans=plans, number=number):
            now, course = clock.now(), made[n % 2]
            session = course["sessions"][n // 2 % 3]["appointment"]
            if plans[n] == "book" and n > 1:
                at = franchise.at("10:00", 4 + number % 3)
                wanted = Wanted(ids.new(), franchise.clinic, clients[n], franchise.treatment, at)
                return appointments.book(tx, wanted, Change(None, now))
            if plans[n] == "cancel":
                return courses.cancel(tx, course["id"], Change(None, now))
            current = appointments.find(tx, session["id"], lock=True)
            to = Move(current["starts_at"] + timedelta(days=1 + n % 3))
            shift = plans[n] == "shift"
            return course_moves.move(tx, current, to, Change(None, now), shift=shift)

        attempted([lambda tx, n=n: attempt(tx, n) for n in range(CALLERS)])
        assert strays() == {"overlaps": 0, "pressed": 0}
        assert set(lengths()) <= {3}
        cancel_all()


def test_two_courses_of_one_client_at_two_clinics_keep_the_interval_between_them(
    franchise, monkeypatch
):
    """Each plans before the other has booked: the record moves to the other clinic meanwhile."""
    seats = course_plans.seats
    lisbon = {"clinic_id": franchise.lisbon, "treatment_id": franchise.lisbon_treatment}
    for number in range(ROUNDS // 2):
        client = franchise.a_client()
        gate, planned, first = threading.Barrier(2), threading.Event(), threading.local()

        def gated(sessions, indication, gate=gate, planned=planned, first=first):
            found = seats(sessions, indication)
            if not getattr(first, "done", False):
                first.done = True
                planned.set()
                gate.wait(timeout=60)
            return found

        monkeypatch.setattr(course_plans, "seats", gated)
        here = a_course(franchise, client, days=2 + number)
        there = a_course(franchise, client, days=2 + number + 10, **lisbon)

        def at_lisbon(tx, there=there, client=client, planned=planned):
            planned.wait(timeout=60)
            franchise.a_client(franchise.lisbon, client)
            return course_bookings.book(tx, there, Change(None, clock.now()))

        results = attempted([booking(here), at_lisbon])
        monkeypatch.undo()
        won = [each for each in results if isinstance(each, dict)]
        assert len(won) == 1
        assert lengths() == {3: 1}
        assert strays()["pressed"] == 0
        cancel_all()

"""Many at once: exactly one wins a slot, and nobody waits for ever.  One round shows nothing."""

import random
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import pytest

from services.booking.domain.appointments import HELD_FOR
from services.booking.domain.changes import Change
from services.booking.usecases import appointments, holds
from services.booking.usecases.appointments import Move, Wanted
from services.booking.usecases.holds import Hold
from shared import clock, db, ids
from shared.errors import Conflict, Rejected
from tests.integration.booking.races import overlaps, together

CALLERS = 8
ROUNDS = 60


@dataclass(frozen=True)
class Race:
    """A slot, and those who want it."""

    franchise: object
    starts_at: datetime
    clients: list[UUID]

    def together(self, attempt):
        """Start everybody at once; return what came of it, errors by their class's name."""

        def one(number):
            with db.transaction(db.Scope.of([self.franchise.clinic])) as tx:
                return attempt(tx, number)

        everybody = [partial(one, number) for number in range(CALLERS)]
        return together(everybody, (Conflict, Rejected))

    def wanted(self, number, **changes):
        facts = {
            "id": ids.new(),
            "clinic_id": self.franchise.clinic,
            "client_id": self.clients[number],
            "treatment_id": self.franchise.treatment,
            "starts_at": self.starts_at,
        } | changes
        return Wanted(**facts)


@pytest.fixture
def clients(franchise):
    """Clients to book for; every caller's connection is open before the first race."""
    with ExitStack() as open_at_once:
        for _ in range(CALLERS):
            open_at_once.enter_context(db.transaction())
    return [franchise.a_client() for _ in range(CALLERS)]


def rounds(franchise, clients, many=ROUNDS):
    """Yield races, each for a slot of its own."""
    for number in range(many):
        at = franchise.at("09:00", 2 + number // 6) + timedelta(hours=number % 6)
        yield Race(franchise, at, clients)


def cancel_all(franchise):
    with db.transaction(db.EVERY_CLINIC) as tx:
        for row in tx.all("SELECT id FROM booking.appointments WHERE status = 'booked'", {}):
            found = appointments.find(tx, row["id"], lock=True)
            appointments.enter(tx, found, "cancelled", Change(None, clock.now()))


def won(results):
    return [each for each in results if isinstance(each, dict)]


def test_of_many_callers_exactly_one_gets_the_practitioner(franchise, clients):
    refused = Counter()
    for race in rounds(franchise, clients):
        results = race.together(
            lambda tx, n, race=race: appointments.book(
                tx, race.wanted(n, practitioner_id=franchise.priya), Change(None, clock.now())
            )
        )
        assert len(won(results)) == 1
        refused.update(each for each in results if isinstance(each, str))
        cancel_all(franchise)
    assert set(refused) == {"PractitionerBusy"}
    assert overlaps() == 0


def test_two_practitioners_rooms_and_pens_are_all_used_before_anybody_is_refused(
    franchise, clients
):
    for race in rounds(franchise, clients, many=ROUNDS // 2):
        results = race.together(
            lambda tx, n, race=race: appointments.book(
                tx, race.wanted(n), Change(None, clock.now())
            )
        )
        assert len(won(results)) == 2
        assert overlaps() == 0
        cancel_all(franchise)


def test_one_client_asked_for_by_many_is_booked_once(franchise, clients):
    for race in rounds(franchise, clients, many=ROUNDS // 2):
        results = race.together(
            lambda tx, n, race=race: appointments.book(
                tx,
                race.wanted(
                    n,
                    client_id=clients[0],
                    starts_at=race.starts_at + timedelta(days=n % 3, minutes=15 * (n % 4)),
                ),
                Change(None, clock.now()),
            )
        )
        assert len(won(results)) == 1
        cancel_all(franchise)


def test_crossing_bookings_moves_and_cancellations_never_deadlock(franchise, clients):
    chance = random.Random(7)  # noqa: S311 # repeatable, not secret
    for race in rounds(franchise, clients):
        with db.transaction(db.EVERY_CLINIC) as tx:
            booked = [
                appointments.book(
                    tx,
                    race.wanted(n, practitioner_id=person, starts_at=race.starts_at),
                    Change(None, clock.now()),
                )
                for n, person in enumerate((franchise.priya, franchise.noor))
            ]
        plans = [chance.choice(("book", "move", "cancel")) for _ in range(CALLERS)]

        def attempt(tx, n, race=race, booked=booked, plans=plans):
            now, other = clock.now(), (franchise.noor, franchise.priya)[n % 2]
            if plans[n] == "book" and n > 1:
                return appointments.book(
                    tx, race.wanted(n, practitioner_id=other), Change(None, now)
                )
            current = appointments.find(tx, booked[n % 2]["id"], lock=True)
            if plans[n] == "cancel":
                return appointments.step(tx, "cancel", current, Change(None, now))
            to = Move(race.starts_at + timedelta(minutes=15 * (n % 3)), other)
            return appointments.move(tx, current, to, Change(None, now))

        race.together(attempt)
        assert overlaps() == 0
        cancel_all(franchise)


def test_the_same_request_twenty_times_at_once_books_one_appointment(desk, franchise, outbox):
    desk.times()  # the application is made before the race, by one thread
    answers = together([lambda: desk.book(key="one-key")] * 20, Conflict)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.get_data() for answer in answers}) == 1
    assert len(outbox()) == 1


def test_holds_that_ran_out_are_freed_while_their_places_are_booked(franchise, clients):
    for race in rounds(franchise, clients, many=ROUNDS // 2):
        asked = clock.now() - HELD_FOR - timedelta(minutes=1)
        with db.transaction(db.EVERY_CLINIC) as tx:
            for n in range(8):
                wanted = Hold(
                    ids.new(),
                    franchise.clinic,
                    franchise.treatment,
                    race.starts_at + timedelta(hours=n // 2),
                )
                holds.hold(tx, wanted, Change(None, asked))

        def attempt(tx, n, race=race):
            if n % 4 == 0:
                with db.transaction(db.EVERY_CLINIC) as every:
                    return holds.lapse(every, clock.now())
            starts_at = race.starts_at + timedelta(hours=n % 4)
            wanted = race.wanted(n, starts_at=starts_at)
            return appointments.book(tx, wanted, Change(None, clock.now()))

        assert len(won(race.together(attempt))) >= 3
        assert overlaps() == 0
        cancel_all(franchise)

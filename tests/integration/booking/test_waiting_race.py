"""Many at one place of the waiting list: one winner, nobody stuck, nothing half done."""

import random
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta

import pytest

from services.booking.domain.appointments import HoldLapsed
from services.booking.domain.changes import Change
from services.booking.usecases import appointments, offers, waiting
from services.booking.usecases.appointments import Wanted
from shared import clock, db, ids
from shared.errors import Conflict, NotFound, Rejected
from tests.integration.booking.line import JOBS, run
from tests.integration.booking.races import overlaps, together

CALLERS = 8
ROUNDS = 40
REFUSED = (Conflict, Rejected, NotFound)


class Round:
    """One place, who has it, and those who wait for exactly that start."""

    def __init__(self, franchise, clients, number):
        self.franchise = franchise
        self.starts_at = franchise.at("09:00", 3 + number // 8) + timedelta(hours=number % 8)
        self.clients = clients
        self.taken = self.booked(clients[-1])
        with self.transaction() as tx:
            self.entries = [
                waiting.join(tx, self.wishes(client), Change(None, clock.now()))["id"]
                for client in clients[:-1]
            ]

    def transaction(self):
        return db.transaction(db.Scope.of([self.franchise.clinic]))

    def booked(self, client, treatment=None, starts_at=None):
        """Return an appointment with Priya: a peel at the place, unless told otherwise."""
        wanted = Wanted(
            ids.new(),
            self.franchise.clinic,
            client,
            treatment or self.franchise.peel,
            starts_at or self.starts_at,
            self.franchise.priya,
        )
        with self.transaction() as tx:
            return appointments.book(tx, wanted, Change(None, clock.now()))["id"]

    def wishes(self, client):
        local = self.starts_at.astimezone(self.franchise.zone)
        return {
            "id": ids.new(),
            "clinic_id": self.franchise.clinic,
            "client_id": client,
            "treatment_id": self.franchise.treatment,
            "practitioner_id": self.franchise.priya,
            "weekdays": [1, 2, 3, 4, 5, 6, 7],
            "earliest_time": f"{local:%H:%M}",
            "latest_time": f"{local:%H:%M}",
            "from_day": local.date(),
            "until_day": local.date(),
            "notice_minutes": 0,
            "priority": 0,
            "priority_reason": None,
            "appointment_id": None,
            "zones": None,
        }

    def wishes_now(self, entry_id, **changes):
        with self.transaction() as tx:
            entry = waiting.find(tx, entry_id, lock=True)
            waiting.change(tx, entry, changes, now=clock.now())

    def leave_the_line(self, entry_ids):
        with self.transaction() as tx:
            for entry_id in entry_ids:
                entry = waiting.find(tx, entry_id, lock=True)
                waiting.withdraw(tx, entry, Change(None, clock.now()))

    def cancel(self):
        with self.transaction() as tx:
            current = appointments.find(tx, self.taken, lock=True)
            appointments.step(tx, "cancel", current, Change(None, clock.now()))

    def open_offers(self):
        with db.transaction(db.EVERY_CLINIC) as tx:
            return [
                row["id"]
                for row in tx.all(
                    "SELECT id FROM booking.place_offers WHERE status = 'open' "
                    "AND starts_at = %(at)s ORDER BY random()",
                    {"at": self.starts_at},
                )
            ]

    def holders(self):
        """Return the appointments at the place, and the holds that the timer has not ended."""
        with db.transaction(db.EVERY_CLINIC) as tx:
            return tx.all(
                "SELECT id, status FROM booking.appointments WHERE starts_at = %(at)s "
                "AND practitioner_id = %(who)s AND status IN ('held', 'booked')",
                {"at": self.starts_at, "who": self.franchise.priya},
            )

    def close(self):
        """Free the clients for the next round."""
        with db.transaction(db.EVERY_CLINIC) as tx:
            stand = "SELECT id FROM booking.appointments WHERE status IN ('held', 'booked')"
            for each in tx.all(stand, {}):
                current = appointments.find(tx, each["id"], lock=True)
                appointments.enter(tx, current, "cancelled", Change(None, clock.now()))
            tx.run("DELETE FROM booking.freed_places")
            tx.run("UPDATE booking.waiting_entries SET status = 'withdrawn'")
            tx.run("UPDATE booking.place_offers SET status = 'withdrawn' WHERE status = 'open'")


def turn(now=None):
    while {run(job, now or clock.now()) for job in JOBS} != {False}:
        pass


@pytest.fixture
def clients(hands, franchise):
    """Those who wait, and who has the place; every caller's connection is open before."""
    with ExitStack() as open_at_once:
        for _ in range(CALLERS):
            open_at_once.enter_context(db.transaction())
    return [franchise.a_client() for _ in range(5)]


def answering(race, how):
    """Return an act that answers whatever offer it finds, some times."""

    def act():
        done = Counter()
        for _ in range(6):
            for offer in race.open_offers():
                try:
                    with race.transaction() as tx:
                        how(tx, offer, Change(None, clock.now()))
                    done[how.__name__] += 1
                except REFUSED as refused:
                    done[type(refused).__name__] += 1
        return done

    return act


def test_of_all_who_answer_ask_and_offer_at_once_one_gets_the_place(franchise, clients):
    chance = random.Random(11)  # noqa: S311 # repeatable, not secret
    for number in range(ROUNDS):
        race = Round(franchise, clients, number)
        turn()
        assert race.open_offers() == []
        answers = [chance.choice((offers.accept, offers.decline)) for _ in range(4)]
        acts = [race.cancel, turn, turn, *(answering(race, how) for how in answers)]
        acts.append(lambda race=race: race.booked(clients[-1]))
        together(acts, REFUSED)
        turn()
        assert len(race.holders()) <= 1
        for offer in race.open_offers():
            with race.transaction() as tx:
                offers.accept(tx, offer, Change(None, clock.now()))
        assert len(race.holders()) <= 1
        assert overlaps() == 0
        assert_whole()
        race.close()


def test_an_offer_is_answered_once_whoever_answers(franchise, hands, clients):
    for number in range(ROUNDS):
        race = Round(franchise, clients, number)
        race.cancel()
        turn()
        [offer] = race.open_offers()

        def does(how, race=race, offer=offer):
            def act():
                with race.transaction() as tx:
                    return how(tx, offer, Change(None, clock.now()))

            return act

        def withdraw(tx, offer, change):
            entry = waiting.find(tx, offers.find(tx, offer)["entry_id"], lock=True)
            waiting.withdraw(tx, entry, change)
            return "withdrawn"

        over = clock.now() + timedelta(minutes=30)

        def late(over=over):
            for job in JOBS:
                run(job, over)

        acts = [does(offers.accept)] * 3 + [does(offers.decline)] * 2
        results = together([*acts, does(withdraw), late, turn], REFUSED)
        with db.transaction(db.EVERY_CLINIC) as tx:
            became = offers.find(tx, offer)
        assert became["status"] in {"accepted", "declined", "withdrawn", "lapsed"}
        accepted = {each["id"] for each in results[:3] if isinstance(each, dict)}
        assert accepted == ({offer} if became["status"] == "accepted" else set())
        turn(over)  # a hold that was being answered when it ran out lapses in the next turn
        assert len(race.holders()) <= 1
        assert overlaps() == 0
        assert_whole()
        race.close()


def test_a_place_goes_to_the_next_in_line_although_the_first_answers_at_that_moment(
    franchise, hands, clients
):
    race = Round(franchise, clients, 0)
    race.cancel()
    turn()
    [offer] = race.open_offers()
    with race.transaction() as answering_slowly:
        waiting.find(answering_slowly, offers.find(answering_slowly, offer)["entry_id"], lock=True)
        appointments.find(answering_slowly, offer, lock=True)
        hands.on(minutes=31)
        turn()
        [following] = set(race.open_offers()) - {offer}
        with pytest.raises(HoldLapsed):
            offers.accept(answering_slowly, offer, Change(None, clock.now()))
    turn()
    assert [each["id"] for each in race.holders()] == [following]
    assert race.open_offers() == [following]
    assert_whole()


def test_an_earlier_place_and_the_one_that_is_given_up_go_to_one_each(franchise, clients):
    for number in range(ROUNDS // 2):
        race = Round(franchise, clients, number)
        later = race.starts_at + timedelta(days=1)
        swapping, waits, *others = race.entries
        race.leave_the_line(others)
        own = race.booked(clients[0], franchise.treatment, later)
        race.wishes_now(swapping, appointment_id=own)
        day = later.astimezone(franchise.zone).date()
        race.wishes_now(waits, from_day=day, until_day=day)
        race.cancel()
        turn()
        [offer] = race.open_offers()

        def accept(race=race, offer=offer):
            with race.transaction() as tx:
                return offers.accept(tx, offer, Change(None, clock.now()))

        results = together([accept, accept, accept, turn, turn], REFUSED)
        assert {each["id"] for each in results[:3] if isinstance(each, dict)} == {own}
        turn()
        with race.transaction() as tx:
            assert waiting.find(tx, swapping)["status"] == "booked"
            assert waiting.find(tx, waits)["status"] == "offered"
            assert appointments.find(tx, own)["starts_at"] == race.starts_at
        assert overlaps() == 0
        assert_whole()
        race.close()


def assert_whole():
    """An entry, its offers and their holds say the same."""
    with db.transaction(db.EVERY_CLINIC) as tx:
        rows = tx.all(
            "SELECT e.status AS entry, o.status AS offer, a.status AS hold, o.appointment_id, o.id "
            "FROM booking.place_offers AS o "
            "JOIN booking.waiting_entries AS e ON o.entry_id = e.id "
            "JOIN booking.appointments AS a ON o.id = a.id "
            "WHERE o.settled_at IS NOT NULL OR o.status = 'open'",
            {},
        )
    for row in rows:
        if row["offer"] == "open":
            assert (row["entry"], row["hold"]) == ("offered", "held")
        elif row["offer"] == "accepted" and row["appointment_id"] == row["id"]:
            assert row["hold"] in {"booked", "cancelled"}
        else:
            assert row["hold"] == "lapsed"

"""Re-planning while others book, move, cancel and the timer looks: all or nothing, no deadlock."""

import random
from datetime import timedelta
from functools import partial

from services.booking.domain.changes import Change
from services.booking.usecases import appointments, disruptions, replans
from services.booking.usecases.appointments import Move, Wanted
from services.booking.usecases.replans import Item
from shared import clock, db, ids
from shared.errors import Conflict, Precondition, Rejected
from tests.integration.booking.races import overlaps, together

CALLERS = 8
ROUNDS = 25


def attempted(attempt):
    """Start everybody at once; return what came of it, errors by their class's name."""

    def one(number):
        with db.transaction(db.EVERY_CLINIC) as tx:
            return attempt(tx, number)

    everybody = [partial(one, number) for number in range(CALLERS)]
    return together(everybody, (Conflict, Rejected, Precondition))


def counted(sql):
    with db.transaction(db.EVERY_CLINIC) as tx:
        return tx.one(sql, {})["n"]


def torn():
    """Count appointments to come that do not hold exactly what they name, at their time."""
    return counted(
        "SELECT count(*) AS n FROM booking.appointments AS a WHERE a.status = 'booked' AND ("
        "SELECT count(*) FROM booking.allocations AS l WHERE l.appointment_id = a.id AND l.active "
        "AND l.resource_id IN (a.practitioner_id, a.room_id, a.device_id, a.client_id) "
        "AND lower(l.during) = a.starts_at) <> 4"
    )


def history_gaps():
    return counted(
        "SELECT count(*) AS n FROM booking.appointments AS a WHERE a.version <> "
        "(SELECT count(*) FROM booking.appointment_changes AS h WHERE h.appointment_id = a.id)"
    )


def book(tx, franchise, client, starts_at, person):
    wanted = Wanted(ids.new(), franchise.clinic, client, franchise.treatment, starts_at, person)
    return appointments.book(tx, wanted, Change(None, clock.now()))


def cancel_all():
    with db.transaction(db.EVERY_CLINIC) as tx:
        for row in tx.all("SELECT id FROM booking.appointments WHERE status = 'booked'", {}):
            found = appointments.find(tx, row["id"], lock=True)
            appointments.enter(tx, found, "cancelled", Change(None, clock.now()))


def test_replans_bookings_moves_and_looks_at_once_leave_nothing_half_done(franchise):
    chance = random.Random(11)  # noqa: S311 # repeatable, not secret
    clients = [franchise.a_client() for _ in range(CALLERS)]
    people = (franchise.priya, franchise.noor)
    done = 0
    for number in range(ROUNDS):
        at = franchise.at("10:00", 2 + number)
        with db.transaction(db.EVERY_CLINIC) as tx:
            booked = [
                book(tx, franchise, clients[n], at + timedelta(hours=n // 2), people[n % 2])
                for n in range(4)
            ]
            disruptions.look_again(tx, franchise.clinic)
        plans = [
            chance.choice(("replan", "replan", "book", "move", "look")) for _ in range(CALLERS)
        ]
        orders = [chance.sample(booked, 3) for _ in range(CALLERS)]
        shifts = [chance.choice((0, 15, 60, 120)) for _ in range(CALLERS)]

        def attempt(tx, n, at=at, booked=booked, plans=plans, orders=orders, shifts=shifts):
            now, shift = clock.now(), timedelta(minutes=shifts[n])
            if plans[n] == "book":
                return book(tx, franchise, clients[n], at + shift, people[n % 2])
            if plans[n] == "look":
                return disruptions.look(tx, now)
            if plans[n] == "move":
                current = appointments.find(tx, booked[n % 4]["id"], lock=True)
                return appointments.move(tx, current, Move(at + shift), Change(None, now))
            items = [
                Item(each["id"], 1, each["starts_at"] + shift, people[(n + k) % 2])
                for k, each in enumerate(orders[n])
            ]
            return replans.replan(tx, franchise.clinic, items, Change(None, now))

        results = attempted(attempt)
        done += sum(isinstance(each, list) for each in results)
        assert overlaps() == 0
        assert torn() == 0
        cancel_all()
    assert done > 0
    assert history_gaps() == 0


def test_two_desks_that_replan_the_same_appointments_crosswise(franchise):
    clients = [franchise.a_client() for _ in range(2)]
    for number in range(ROUNDS):
        at = franchise.at("10:00", 2 + number)
        with db.transaction(db.EVERY_CLINIC) as tx:
            booked = [
                book(tx, franchise, clients[0], at, franchise.priya),
                book(tx, franchise, clients[1], at, franchise.noor),
            ]

        def attempt(tx, n, at=at, booked=booked):
            order = booked if n % 2 else booked[::-1]
            items = [Item(each["id"], 1, at + timedelta(hours=2)) for each in order]
            return replans.replan(tx, franchise.clinic, items, Change(None, clock.now()))

        results = attempted(attempt)
        assert [isinstance(each, list) for each in results].count(True) == 1
        assert {each for each in results if isinstance(each, str)} == {"ReplanRefused"}
        assert torn() == 0
        cancel_all()


def test_pen_that_flaps_while_many_look_is_told_once(desk, franchise, outbox):
    mine = desk.booked()
    names = {str(franchise.pen_1): "Pen 1", str(franchise.pen_2): "Pen 2"}
    pen, name = mine["device_id"], names[mine["device_id"]]
    for turn in range(20):
        franchise.pen(pen, name=name, fit=bool(turn % 2))
        attempted(lambda tx, n: disruptions.look(tx, clock.now()))
    while any(attempted(lambda tx, n: disruptions.look(tx, clock.now()))):
        pass
    still_open = counted("SELECT count(*) AS n FROM booking.disruptions WHERE resolved_at IS NULL")
    assert still_open == 0
    told = [each["data"]["disrupted"] for each in outbox()[1:]]
    assert told
    assert told == [["device_unfit"], []] * (len(told) // 2)
    assert desk.show(mine)["version"] == 1 + len(told)
    assert history_gaps() == 0

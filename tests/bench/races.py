"""Many clients at one place at the same moment, over HTTP, round after round: one of them gets it.

A round's winners are counted in the database, not by the answers.  Where the waiting list has its
part, the timer's jobs run beside the API, at noon of tomorrow: at night they would ask nobody.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.booking.timer import WAITING_LIST
from services.booking.usecases import holds
from shared import clock, db
from tests.bench import ring as rings
from tests.bench import sites
from tests.bench.callers import go
from tests.bench.frame import Asked, Row, say
from tests.bench.ring import Call, Ring
from tests.bench.sites import Site
from tests.bench.visits import ZONE, half_hour

CLIENTS = 8
ROUNDS, QUICK_ROUNDS, PACE_S = 200, 10, 0.3
WARM_UP = 5  # rounds of another race before: every connection is open, the code has run once
_JOBS = (holds.lapse, *WAITING_LIST.values())
_EACH = 10  # newcomers of a round: the clients of the race, and who was there before
# Pairs and triples of one practitioner, the narrow room and the long pen: any two of them collide.
_CROSSING = (
    *((0, "room"), (0, "pen"), (1, "both"), (0, "both")),
    *((0, "pen"), (2, "both"), (0, "room"), (1, "both")),
)


@dataclass(frozen=True)
class Ground:
    """Where a race is run: the places of its rounds, and the first of its newcomers."""

    ring: Ring
    site: Site
    starts: Sequence[datetime]
    first: int

    def newcomer(self, turn: int, number: int) -> int:
        return self.first + turn * _EACH + number

    def standing(self) -> list[int]:
        return self.ring.standing(self.starts)


@dataclass(frozen=True)
class Race:
    """What each client asks, round by round, and how many won each."""

    plans: list[list[Call]]
    winners: Callable[[], list[int]]
    meanwhile: Callable[[], AbstractContextManager[object]] = nullcontext


def run(asked: Asked) -> list[Row]:
    """Return a row for each race; its figures are the winners of each round, 1 being right."""
    ring, many = rings.opened(), QUICK_ROUNDS if asked.quick else ROUNDS
    races = {
        "one slot": _one_slot,
        "crossing": _crossing,
        "re-plans": _replans,
        "offered place": _offered,
        "freed place": _freed,
    }
    db.open_pool(ring.dsn("booking_app"), connections=2)
    try:
        return [
            _ran(ring, name, prepare, number * (WARM_UP + ROUNDS), many)
            for number, (name, prepare) in enumerate(races.items())
        ]
    finally:
        db.close_pool()


def _ran(
    ring: Ring,
    name: str,
    prepare: Callable[[Ground], Race],
    first: int,
    many: int,
) -> Row:
    """Run a race of so many rounds, from a round's number on that no other race has."""
    deadlocks, overlaps = ring.deadlocks(), ring.overlaps()
    with sites.ours(ring.dsn("booking_app")) as site:
        race = prepare(_ground(ring, site, first + WARM_UP, many))
        warm_up = _one_slot(_ground(ring, site, first, WARM_UP))
        go("http", site, warm_up.plans, seconds=1e9, pace=PACE_S)
        with race.meanwhile():
            found = go("http", site, race.plans, seconds=1e9, pace=PACE_S)
    winners = race.winners()
    deadlocks, overlaps = ring.deadlocks() - deadlocks, ring.overlaps() - overlaps
    faults = sum(count for status, count in found.statuses.items() if status >= 500)
    told = ", ".join(f"{won} in {rounds} rounds" for won, rounds in Counter(winners).items())
    worst = max(found.every_ms)
    note = f"winners {told}; deadlocks {deadlocks}; faults {faults}; slowest answer {worst:.0f} ms"
    answers = ", ".join(f"{status}: {count}" for status, count in sorted(found.statuses.items()))
    say(f"  race, {name}: {note} ({answers})")
    return Row(
        "needlepoint",
        name,
        f"winners of {CLIENTS}",
        [float(won) for won in winners],
        sum(won == 0 for won in winners),
        sum(won - 1 for won in winners if won > 1) + overlaps,
        note,
    )


def _ground(ring: Ring, site: Site, first: int, many: int) -> Ground:
    return Ground(ring, site, ring.slots(first, many), first * _EACH)


def _one_slot(ground: Ground) -> Race:
    """Everybody books the same half hour with the same practitioner."""
    plans = [
        [ground.ring.booking(ground.newcomer(turn, n), at) for turn, at in enumerate(ground.starts)]
        for n in range(CLIENTS)
    ]
    return Race(plans, ground.standing)


def _crossing(ground: Ground) -> Race:
    """Everybody needs two or all of a practitioner, a room and a pen; who needs what changes."""
    chance = random.Random(7)  # noqa: S311 # repeatable, not secret
    orders = [chance.sample(_CROSSING, CLIENTS) for _ in ground.starts]
    plans = [
        [
            ground.ring.booking(ground.newcomer(turn, n), at, *orders[turn][n])
            for turn, at in enumerate(ground.starts)
        ]
        for n in range(CLIENTS)
    ]
    return Race(plans, ground.standing)


def _replans(ground: Ground) -> Race:
    """Everybody moves the same three appointments in one call, each naming them in an own order."""
    ring, chance = ground.ring, random.Random(11)  # noqa: S311 # repeatable, not secret
    before = half_hour(ring.today, rings.FIRST_DAY, rings.SLOTS)  # behind the day's last slot
    there = [
        rings.send(ground.site, ring.booking(ground.first + n, before, n))["id"]
        for n in range(rings.PEOPLE)
    ]

    def asked(turn: int, starts_at: datetime) -> Call:
        items = [
            {
                "appointment_id": each,
                "version": 1 + turn,  # one call has moved them in each round before
                "starts_at": starts_at.isoformat(),
                "practitioner_id": str(ring.people[(turn + n) % rings.PEOPLE]),
            }
            for n, each in enumerate(there)
        ]
        body = {"items": chance.sample(items, len(items))}
        return ring.asks(f"/v1/clinics/{ring.clinic}/replans", body)

    plans = [[asked(turn, at) for turn, at in enumerate(ground.starts)] for _ in range(CLIENTS)]
    return Race(plans, lambda: [each // rings.PEOPLE for each in ring.moves(ground.starts)])


def _offered(ground: Ground) -> Race:
    """Half accept the place that was offered to one client, half book it for others."""
    ring = ground.ring
    for turn, at in enumerate(ground.starts):
        rings.send(ground.site, ring.waiting(ground.newcomer(turn, CLIENTS), at))
    _turns()
    offers = ring.offers(ground.starts)

    def asked(turn: int, starts_at: datetime, n: int) -> Call:
        if n % 2:
            return ring.booking(ground.newcomer(turn, n), starts_at)
        return ring.asks(f"/v1/offers/{offers[turn]}/accept")

    plans = [[asked(turn, at, n) for turn, at in enumerate(ground.starts)] for n in range(CLIENTS)]
    return Race(plans, ground.standing)


def _freed(ground: Ground) -> Race:
    """One cancels; the others book the place at that moment, and somebody waits for it."""
    ring, taken = ground.ring, []
    for turn, at in enumerate(ground.starts):
        booked = rings.send(ground.site, ring.booking(ground.newcomer(turn, CLIENTS + 1), at))
        taken.append(booked["id"])
        rings.send(ground.site, ring.waiting(ground.newcomer(turn, CLIENTS), at))
    _turns()

    def asked(turn: int, starts_at: datetime, n: int) -> Call:
        if n == turn % CLIENTS:
            return ring.asks(f"/v1/appointments/{taken[turn]}/cancel")
        return ring.booking(ground.newcomer(turn, n), starts_at)

    def winners() -> list[int]:
        _turns()
        return ground.standing()

    plans = [[asked(turn, at, n) for turn, at in enumerate(ground.starts)] for n in range(CLIENTS)]
    return Race(plans, winners, _timer)


def _turns() -> None:
    """Do what booking's timer does for the waiting list, until there is nothing more to do."""
    while _turn():
        pass


def _turn() -> bool:
    noon = clock.now().astimezone(ZONE).replace(hour=12) + timedelta(days=1)
    more = False
    for job in _JOBS:
        with db.transaction(db.EVERY_CLINIC) as tx:
            more |= job(tx, noon) is True
    return more


@contextmanager
def _timer() -> Iterator[None]:
    """Let the timer's jobs take turns all the time.  Raises what a job raised."""
    over, failed = threading.Event(), []

    def work() -> None:
        while not over.wait(0.01):
            try:
                _turn()
            except Exception as error:  # noqa: BLE001 # told below
                failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if failed:
        raise failed[0]

"""Bookings over HTTP beside the bare transaction and beside django-appointment, as history grows.

Practitioner, room, device and client at once, by eight clients on kept connections, each booking
other free half hours of the next sixty days.  Then races: many clients at one place (races.py), and
beside them django-appointment's answer to eight clients who want one and the same half hour.
The bare transaction is what our API sends for one booking, recorded, with other values in it, from
eight processes that do nothing else; it includes the Idempotency-Key's row, as the API's does.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from statistics import median

from shared import ids
from tests.bench import clinic, peer, races, recorded, sites
from tests.bench.callers import Found, dealt, go, summary
from tests.bench.clinic import SIZES, BigClinic
from tests.bench.frame import Asked, Result, Row, say, take_turns
from tests.bench.sites import Site
from tests.bench.visits import NEW, PEOPLE

CLIENTS = 8
SECONDS, QUICK_S, WARM_UP_S = 8.0, 2.0, 2.0
WARM_UP = 3_000  # bookings at most
ROUNDS, QUICK_ROUNDS, PACE_S = 50, 5, 0.4
US, BARE, PEER = "needlepoint", "bare SQL", "django-appointment"
Place = tuple[int, int, datetime]  # a number of its own, the practitioner's, and when


@dataclass(frozen=True)
class System:
    """Where bookings go, how one is written, and how what is stored is counted."""

    name: str
    kind: str
    site: Callable[[], AbstractContextManager[Site]]
    plan: Callable[[Place], object]
    counted: str
    overlaps: str


def run(asked: Asked) -> Result:
    result = Result("booking", "bookings a second, each a commit; p50 and p95 in milliseconds")
    for size, appointments in ({"quick": 16_000} if asked.quick else SIZES).items():
        big = clinic.of_size(size, appointments)
        known = systems(big)
        say(f"booking, {appointments:,} appointments there")
        _measure(result, big, known, asked)
        if size in {"quick", "1x"}:
            result.rows.append(_race(big, known[PEER], QUICK_ROUNDS if asked.quick else ROUNDS))
    result.rows += races.run(asked)
    return result


def systems(big: BigClinic) -> dict[str, System]:
    """Return every system by name."""
    bare = recorded.booking(big)
    role = big.dsn("booking_app")
    token = sites.token(big.desk)
    ours, theirs = (clinic.BOOKED, clinic.OVERLAPS), (peer.BOOKED, peer.OVERLAPS)
    forms = partial(_forms, big)
    found = [
        System(US, "http", partial(sites.ours, role), partial(_request, big, token), *ours),
        System(BARE, "sql", lambda: nullcontext(Site(role)), partial(_trips, big, bare), *ours),
        System(PEER, "django", partial(sites.django, big.dsn()), forms, *theirs),
    ]
    return {system.name: system for system in found}


def _measure(result: Result, big: BigClinic, known: dict[str, System], asked: Asked) -> None:
    """Add a row for each system."""
    runs: dict[str, list[tuple[Found, int, int]]] = {name: [] for name in known}

    def once(name: str) -> float:
        runs[name].append(_book(big, known[name], QUICK_S if asked.quick else SECONDS))
        return runs[name][-1][0].rate

    figures = take_turns(list(known), asked.repetitions, once)
    for name, rates in figures.items():
        found, lost, doubled = zip(*runs[name], strict=True)
        note = summary(found)
        row = Row(name, big.size, "bookings/s", rates, sum(lost), sum(doubled), note)
        result.rows.append(row)
        if name != US:
            times = median(figures[US]) / median(rates)
            result.findings.append(f"needlepoint / {name} at {big.size}: {times:.2f} x")


def _book(big: BigClinic, system: System, seconds: float) -> tuple[Found, int, int]:
    """Book for some seconds; return what was answered, and how many were lost and doubled."""
    big.settle()
    places = [(number, *place) for number, place in enumerate(big.free())]
    warm, rest = places[:WARM_UP], places[WARM_UP:NEW]
    with system.site() as site:
        go(system.kind, site, dealt(warm, CLIENTS, system.plan), seconds=WARM_UP_S)
        [[before]] = big.sql(system.counted)
        found = go(system.kind, site, dealt(rest, CLIENTS, system.plan), seconds=seconds)
    [[after]] = big.sql(system.counted)
    [[overlaps]] = big.sql(system.overlaps)
    more = after - before - found.good
    return found, max(-more, 0), max(more, 0) + overlaps


def _race(big: BigClinic, system: System, rounds: int) -> Row:
    """Let all clients ask for the same half hour at once, again and again."""
    big.settle()
    places = big.free()[:rounds]
    plans = [
        [
            system.plan((turn * CLIENTS + each, person, starts))
            for turn, (person, starts) in enumerate(places)
        ]
        for each in range(CLIENTS)
    ]
    with system.site() as site:
        found = go(system.kind, site, plans, seconds=1e9, pace=PACE_S)
    [[stored]] = big.sql(system.counted)
    [[overlaps]] = big.sql(system.overlaps)
    worst = max(found.every_ms)
    say(f"  {system.name}: {rounds} half hours, {CLIENTS} clients each: {stored} stored")
    return Row(
        system.name,
        "one slot",
        f"stored of {CLIENTS}",
        [stored / rounds],
        max(found.good - stored, 0),
        overlaps,
        f"{rounds} rounds, slowest answer {worst:.0f} ms",
    )


def _request(big: BigClinic, token: str, place: Place) -> list:
    number, person, starts = place
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": str(ids.new()),
    }
    body = recorded.request(big, number, person, starts)
    return ["POST", f"/v1/clinics/{big.clinic}/appointments", headers, body]


def _trips(big: BigClinic, bare: recorded.Booking, place: Place) -> list[str]:
    number, person, starts = place
    day = (starts.date() - big.today).days
    room, device = big.rooms[(person + day) % PEOPLE], big.devices[(person + 2 * day) % PEOPLE]
    return bare.for_(clinic.newcomer(number), (big.people[person], room, device), starts)


def _forms(big: BigClinic, place: Place) -> list:
    return peer.booking(big.peer, *place)

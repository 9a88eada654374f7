"""Free times over HTTP: one practitioner's day, and a whole clinic's month, as history grows.

The month is thirty days of twenty practitioners, rooms and devices in one answer.  Beside it
django-appointment's own question, a member of staff's day; it offers no month and knows neither
rooms nor devices.  The empty answer is our server's `/healthz`: Flask and gunicorn alone.
Each is asked by one client, which shows the time an answer takes, and by eight at once,
which shows how many come a second.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from statistics import median
from urllib.parse import urlencode

from tests.bench import clinic, peer, sites
from tests.bench.callers import Found, dealt, go, summary
from tests.bench.clinic import SIZES, BigClinic
from tests.bench.frame import Asked, Result, Row, say, take_turns
from tests.bench.sites import Site
from tests.bench.visits import AHEAD, PEOPLE

SECONDS, QUICK_S, WARM_UP_S = 5.0, 1.5, 1.5
CLIENTS = (1, 8)
MOST = 20_000  # requests
OUR_DAY, OUR_MONTH, NOTHING, THEIR_DAY = (
    "needlepoint, a day",
    "needlepoint, a month",
    "needlepoint, an empty answer",
    "django-appointment, a day",
)


@dataclass(frozen=True)
class Question:
    """What is asked of whom, and how often at most a second."""

    site: Callable[[], AbstractContextManager[Site]]
    plan: Callable[[int], list]


def run(asked: Asked) -> Result:
    result = Result("availability", "answers a second; p50 and p95 in milliseconds")
    for size, appointments in ({"quick": 16_000} if asked.quick else SIZES).items():
        big = clinic.of_size(size, appointments)
        known = questions(big)
        for clients in CLIENTS:
            say(f"availability, {appointments:,} appointments there, {clients} at once")
            _measure(result, big, known, asked, clients)
    return result


def questions(big: BigClinic) -> dict[str, Question]:
    """Return every question by name."""
    token = sites.token(big.desk)
    ours = partial(sites.ours, big.dsn("booking_app"))
    return {
        OUR_DAY: Question(ours, partial(_day, big, token)),
        OUR_MONTH: Question(ours, partial(_month, big, token)),
        NOTHING: Question(ours, lambda _: ["GET", "/healthz", {}, None]),
        THEIR_DAY: Question(
            partial(sites.django, big.dsn()),
            lambda number: peer.day(big.peer, number % PEOPLE, _on(big, number)),
        ),
    }


def _measure(
    result: Result, big: BigClinic, known: dict[str, Question], asked: Asked, clients: int
) -> None:
    runs: dict[str, list[Found]] = {name: [] for name in known}

    def once(name: str) -> float:
        runs[name].append(_ask(known[name], clients, QUICK_S if asked.quick else SECONDS))
        return runs[name][-1].rate

    figures = take_turns(list(known), asked.repetitions, once)
    for name, rates in figures.items():
        note = summary(runs[name])
        size = f"{big.size}, {clients} at once"
        result.rows.append(Row(name, size, "answers/s", rates, note=note))
    times = median(figures[OUR_DAY]) / median(figures[THEIR_DAY])
    result.findings.append(
        f"needlepoint / django-appointment, a day, {clients} at once at {big.size}: {times:.1f} x"
    )


def _ask(question: Question, clients: int, seconds: float) -> Found:
    with question.site() as site:
        plans = dealt(range(MOST), clients, question.plan)
        go("http", site, plans, seconds=WARM_UP_S)
        return go("http", site, plans, seconds=seconds)


def _on(big: BigClinic, number: int):
    return big.today + timedelta(days=1 + number // PEOPLE % (AHEAD - 1))


def _day(big: BigClinic, token: str, number: int) -> list:
    person, on = big.people[number % PEOPLE], _on(big, number)
    return _asked(big, token, {"practitioner_id": person, "from": on, "to": on})


def _month(big: BigClinic, token: str, number: int) -> list:
    first = big.today + timedelta(days=1 + number % (AHEAD - 30))
    return _asked(big, token, {"from": first, "to": first + timedelta(days=29)})


def _asked(big: BigClinic, token: str, query: dict) -> list:
    asked = urlencode({"treatment_id": big.treatment} | query)
    headers = {"Authorization": f"Bearer {token}"}
    return ["GET", f"/v1/clinics/{big.clinic}/availability?{asked}", headers, None]

"""Reading back from a day of fifty clinics' pens: traces at every zoom, summaries, and the fleet.

Over HTTP by one client, which shows the time an answer takes.  The mark: p95 under 50 ms for traces
and fleet.
"""

import random
from datetime import timedelta
from uuid import UUID

from shared import clock
from tests.bench import day, sites
from tests.bench.callers import Found, go, summary
from tests.bench.day import EPOCH, Pen, Size
from tests.bench.frame import Asked, Result, Row, say
from tests.bench.grounds import Database, Server
from tests.people import HANNA, Person

SERVICE = "device_telemetry"
SECONDS, QUICK_S, WARM_UP_S = 5.0, 1.5, 1.0
MOST = 3_000  # requests
MARK_MS = 50
_BYTES = """
SELECT sum(pg_total_relation_size(inhrelid))::bigint, sum(pg_indexes_size(inhrelid))::bigint
FROM pg_inherits WHERE inhparent = 'device_telemetry.batches'::regclass
"""
_STORED = (
    "SELECT coalesce(sum(samples), 0)::bigint, (SELECT count(*) FROM {}.set_aside) FROM {}.minutes"
)
Request = tuple[str, str, dict[str, str], None]


def run(asked: Asked) -> Result:
    result = Result("trace", "answers a second for one client, from one day of pens")
    size = day.QUICK if asked.quick else Size()
    data = Database(Server("postgres-day"), "telemetry")
    data.server.add("telemetry", (SERVICE,))
    pens = day.found(size, data.dsn(f"{SERVICE}_app"), *day.begins(clock.now()))
    say(f"trace: loading {size.samples:,} samples of {len(pens)} pens in {size.clinics} clinics")
    took = day.load(data.dsn(f"{SERVICE}_app"), pens, size)
    result.findings += _loaded(data, size, took)
    data.sql("VACUUM (ANALYZE)")
    label = f"{size.samples / 1e6:,.1f} M"
    for name, plan in _plans(size, pens).items():
        runs = [_ask(data, plan, QUICK_S if asked.quick else SECONDS)]
        runs += [
            _ask(data, plan, SECONDS)
            for _ in range(asked.repetitions - 1 if not asked.quick else 0)
        ]
        rates = [found.rate for found in runs]
        result.rows.append(Row(name, label, "answers/s", rates, note=summary(runs)))
        p95 = max(found.percentiles()[1] for found in runs)
        kept = "kept" if p95 < MARK_MS else "MISSED"
        result.findings.append(f"{name}: worst p95 {p95:.1f} ms, the mark of {MARK_MS} ms {kept}")
    return result


def _loaded(data: Database, size: Size, took: float) -> list[str]:
    """Say how long it took and what it weighs.  Raises RuntimeError when some lack."""
    [(stored, aside)] = data.sql(_STORED.format(SERVICE, SERVICE))
    if (stored, aside) != (size.samples, 0):
        raise RuntimeError(f"{stored:,} of {size.samples:,} samples are there, {aside} set aside.")
    [(total, indexes)] = data.sql(_BYTES)
    rate = f"{stored / took:,.0f} samples/s, {stored / day.N / took:,.0f} batches/s"
    per_sample = f"{total / stored:.1f} bytes a sample at {day.N} samples a batch"
    return [
        f"loaded {stored:,} samples in {took:,.0f} s by {day.LOADERS} processes: {rate}",
        f"{total / 1e9:.2f} GB with {indexes / 1e9:.2f} GB of indexes: {per_sample}",
    ]


def _plans(size: Size, pens: list[Pen]) -> dict[str, list[Request]]:
    """Return what is asked, by name: each time of another session, by its clinic's manager."""
    rng = random.Random(11)  # noqa: S311 # the same questions in every run
    headers = {
        str(clinic.id): _headers(
            Person(UUID(int=number + 1), "M", "m@x", ("clinic_manager",), (clinic,))
        )
        for number, clinic in enumerate(day.clinics(size))
    }
    everywhere = _headers(HANNA)

    def of_sessions(path: str) -> list[Request]:
        found: list[Request] = []
        for _ in range(MOST):
            pen = rng.choice(pens)
            began, session_id = rng.choice(pen.sessions)
            since = EPOCH + timedelta(milliseconds=began, seconds=rng.randrange(size.seconds - 300))
            until = since + timedelta(seconds=rng.choice([10, 60, 300]))
            stretch = f"from={_wire(since)}&to={_wire(until)}"
            asked = path.format(id=session_id, stretch=stretch)
            found.append(
                ("GET", f"/v1/sessions/{session_id}/{asked}", headers[pen.clinic_id], None)
            )
        return found

    def of_clinics(path: str) -> list[Request]:
        chosen = [rng.choice(pens).clinic_id for _ in range(MOST)]
        return [("GET", path.format(id=each), headers[each], None) for each in chosen]

    return {
        "trace, whole, 500 points": of_sessions("trace"),
        "trace, whole, 5,000 points": of_sessions("trace?points=5000"),
        "trace, 10 s to 5 min, 500 points": of_sessions("trace?{stretch}"),
        "trace, 10 s to 5 min, 5,000 points": of_sessions("trace?points=5000&{stretch}"),
        "fleet of a clinic": of_clinics("/v1/devices?clinic_id={id}"),
        "fleet, all pens": [("GET", "/v1/devices?limit=200", everywhere, None)] * MOST,
        "summary of a session": of_sessions("summary"),
    }


def _headers(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {sites.token(person)}"}


def _wire(moment: object) -> str:
    return str(moment).replace(" ", "T").replace("+00:00", "Z")


def _ask(data: Database, plan: list[Request], seconds: float) -> Found:
    with sites.ours(data.dsn(f"{SERVICE}_app"), SERVICE) as site:
        go("http", site, [plan], seconds=WARM_UP_S)
        return go("http", site, [plan], seconds=seconds)

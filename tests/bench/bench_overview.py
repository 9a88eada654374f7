"""Headquarters' overview over HTTP: a thousand clinics at once, with one, four and sixteen years.

The seven numbers of today beside last week's, by one client, which shows the time an answer takes.
"""

from statistics import median

from tests.bench import sites
from tests.bench.callers import Found, go, summary
from tests.bench.frame import Asked, Result, Row, say
from tests.bench.grounds import Database, Server
from tests.people import HANNA

CLINICS = 1_000
YEARS = {"1x": 1, "4x": 4, "16x": 16}
SECONDS, QUICK_S, WARM_UP_S = 5.0, 1.5, 1.0
MOST = 5_000  # requests
_CLINIC = "('00000000-0000-7000-8000-' || lpad(to_hex(c), 12, '0'))::uuid"
_FRANCHISE = f"""
INSERT INTO headquarters.clinics (clinic_id, name, time_zone, capacity_minutes, active, sequence)
SELECT {_CLINIC}, 'Clinic ' || c, 'Europe/London', 4320, TRUE, 1
FROM generate_series(1, %(n)s) AS c;
INSERT INTO headquarters.heard (clinic_id, at)
SELECT {_CLINIC}, now() FROM generate_series(1, %(n)s) AS c;
INSERT INTO headquarters.devices (id, clinic_id, status, fit, reasons, changed_at, sequence)
SELECT
    gen_random_uuid(), {_CLINIC}, (ARRAY['idle', 'needling', 'offline'])[1 + p], p < 2, '{{}}',
    now(), 1
FROM generate_series(1, %(n)s) AS c CROSS JOIN generate_series(0, 2) AS p;
INSERT INTO headquarters.alarms (
    id, clinic_id, device_id, kind, severity, raised_at, cleared_at, day, sequence
)
SELECT
    gen_random_uuid(), {_CLINIC}, gen_random_uuid(), 'depth_over_limit', 'high', now(),
    CASE WHEN a > 0 THEN now() END, now()::date, 1
FROM generate_series(1, %(n)s, 10) AS c CROSS JOIN generate_series(0, 9) AS a;
INSERT INTO headquarters.attention (
    id, clinic_id, kind, subject, severity, since, facts, stays, sequence
)
SELECT gen_random_uuid(), {_CLINIC}, 'unsafe_depth', gen_random_uuid(), 1, now(), '{{}}', TRUE, 1
FROM generate_series(1, %(n)s, 10) AS c
"""
_DAYS = f"""
INSERT INTO headquarters.clinic_days (
    clinic_id, day, booked, confirmed, arrived, completed, missed, booked_minutes, messages_sent,
    devices_seen
)
SELECT
    {_CLINIC}, now()::date - d, 3 + (c + d) %% 5, 2, 1, (c * d) %% 7, d %% 2, 600 + c %% 300, 9, 3
FROM generate_series(1, %(n)s) AS c CROSS JOIN generate_series(%(first)s, %(last)s) AS d
"""


def run(asked: Asked) -> Result:
    result = Result("overview", "overviews a second for one client; p50 and p95 in milliseconds")
    clinics = 100 if asked.quick else CLINICS
    franchise = Database(Server("postgres-headquarters"), "headquarters")
    franchise.server.add("headquarters", ("headquarters",))
    franchise.sql(_FRANCHISE, {"n": clinics})
    written = -14  # days ahead, with what is booked already
    for size, years in ({"quick": 1} if asked.quick else YEARS).items():
        say(f"overview, {clinics:,} clinics over {years} years")
        last = 365 * years
        franchise.sql(_DAYS, {"n": clinics, "first": written, "last": last - 1})
        written = last
        franchise.sql("VACUUM (ANALYZE)")
        runs = [_ask(franchise, QUICK_S if asked.quick else SECONDS)]
        runs += [_ask(franchise, SECONDS) for _ in range(asked.repetitions - 1)]
        rates = [found.rate for found in runs]
        label = f"{size}, {years} y"
        result.rows.append(Row("needlepoint", label, "overviews/s", rates, note=summary(runs)))
        p95 = median(found.percentiles()[1] for found in runs)
        result.findings.append(f"p95 at {size}: {p95:.1f} ms")
    return result


def _ask(franchise: Database, seconds: float) -> Found:
    headers = {"Authorization": f"Bearer {sites.token(HANNA)}"}
    plan = [["GET", "/v1/overview", headers, None]] * MOST
    with sites.ours(franchise.dsn("headquarters_app"), "headquarters") as site:
        go("http", site, [plan], seconds=WARM_UP_S)
        return go("http", site, [plan], seconds=seconds)

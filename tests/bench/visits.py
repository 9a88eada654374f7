"""When who is treated where in the clinic of the benchmarks: the same for every system.

Twenty practitioners, rooms and devices; visits of half an hour, eight a day for each practitioner,
from some years ago until sixty days ahead.  Everything is counted, nothing is drawn by lot.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/London")
PEOPLE = 20  # and as many rooms and devices
HALF_HOURS = 18  # of a day, from 09:00 to 18:00
TAKEN = 8  # of them
A_DAY = PEOPLE * TAKEN
AHEAD = 60  # days
REGULARS = 8_000  # each comes every fifty days
NEW = 24_000  # clients who were never here: those who book
# A visit's day, practitioner and half hour; the room and the device are that person's of the day.
VISITS = f"""
WITH visits AS (
    SELECT
        d AS day,
        s %% {PEOPLE} AS person,
        (d * 7 + s %% {PEOPLE} * 11 + s / {PEOPLE} * 5 + 180000) %% {HALF_HOURS} AS half_hour,
        (s %% {PEOPLE} + d + 200000) %% {PEOPLE} AS room,
        (s %% {PEOPLE} + 2 * d + 200000) %% {PEOPLE} AS device,
        ((d + 1000000)::bigint * {A_DAY} + s) AS number
    FROM generate_series(%(first)s, %(last)s) AS d
    CROSS JOIN generate_series(0, {A_DAY} - 1) AS s
),

placed AS (
    SELECT
        ('00000000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid AS id,
        ('00000000-0000-7000-9000-' || lpad(to_hex(number %% {REGULARS}), 12, '0'))::uuid AS client,
        %(people)s::uuid[] AS people,
        %(rooms)s::uuid[] AS rooms,
        %(devices)s::uuid[] AS devices,
        %(today)s::date + day AS on_day,
        ('09:00'::time + half_hour * interval '30 minutes') AS at,
        visits.*
    FROM visits
)
"""


def half_hour(today: date, day: int, number: int) -> datetime:
    """Return when a half hour of a day begins, with the clinic's offset."""
    on = today + timedelta(days=day)
    return datetime(on.year, on.month, on.day, 9, tzinfo=ZONE) + timedelta(minutes=30 * number)

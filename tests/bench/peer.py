"""django-appointment's side of the clinic: its tables, the same visits in them, and its two forms.

Visits of the past and of the weeks ahead have ids below zero: whatever has one above was booked.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

SESSIONS = 4_000
_TOKEN = "a" * 32  # Django compares it with the cookie; both come from the browser
_FORM = "application/x-www-form-urlencoded"
BOOKED = "SELECT count(*) FROM appointment_appointment WHERE id > 0"
OVERLAPS = """
SELECT count(*) FROM appointment_appointmentrequest AS a
INNER JOIN appointment_appointmentrequest AS b
    ON a.staff_member_id = b.staff_member_id AND a.date = b.date
    AND a.start_time < b.end_time AND b.start_time < a.end_time AND a.id > b.id
INNER JOIN appointment_appointment AS x ON a.id = x.appointment_request_id
INNER JOIN appointment_appointment AS y ON b.id = y.appointment_request_id
WHERE a.id > 0
"""
FORGET = """
DELETE FROM appointment_appointment WHERE id > 0;
DELETE FROM appointment_appointmentrequest WHERE id > 0
"""
REQUESTS = """
INSERT INTO appointment_appointmentrequest (
    id, date, start_time, end_time, service_id, staff_member_id, payment_type, id_request,
    reschedule_attempts, created_at, updated_at
)
{visits}
SELECT
    -number, on_day, at, at + interval '30 minutes', %(service)s, (%(staff)s::bigint[])[person + 1],
    'full', 'visit-' || number, 0, now(), now()
FROM placed
"""
APPOINTMENTS = """
INSERT INTO appointment_appointment (
    id, client_id, appointment_request_id, phone, address, want_reminder, additional_info, paid,
    amount_to_pay, id_request, created_at, updated_at
)
SELECT
    r.id, (SELECT max(id) FROM auth_user), r.id, '+442071234567', '', FALSE, '', FALSE, 180,
    r.id_request, now(), now()
FROM appointment_appointmentrequest AS r
LEFT JOIN appointment_appointment AS a ON r.id = a.id
WHERE a.id IS NULL
"""


@dataclass(frozen=True, slots=True)
class Names:
    """How its things are called: ids of the service and the staff, and clients' sessions."""

    service: int
    staff: list[int]
    sessions: list[str]


def found(dsn: str) -> Names:
    """Make the tables, the staff and signed-in clients in a database."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench.peers.django_site", str(SESSIONS)],
        env=os.environ | {"DATABASE_URL": dsn},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    return Names(**json.loads(ran.stdout.splitlines()[-1]))


def booking(names: Names, number: int, person: int, starts: datetime) -> list:
    """Return the two forms by which a client books: when and with whom, then who it is."""
    ends = starts + timedelta(minutes=30)
    when = {
        "date": f"{starts:%Y-%m-%d}",
        "start_time": f"{starts:%H:%M:%S}",
        "end_time": f"{ends:%H:%M:%S}",
        "service": names.service,
        "staff_member": names.staff[person],
    }
    who = {
        "name": "Ada Booker",
        "email": "ada@needlepoint.example",
        "phone_0": "GB",
        "phone_1": "02071234567",
        "address": "1 Long Street",
        "additional_info": "",
        "payment_type": "full",
    }
    session = names.sessions[number % len(names.sessions)]
    headers = {"Content-Type": _FORM, "Cookie": f"sessionid={session}; csrftoken={_TOKEN}"}
    token = {"csrfmiddlewaretoken": _TOKEN}
    first = ["POST", "/request-submit/", headers, urlencode(when | token)]
    return [first, ["POST", "", headers, urlencode(who | token)]]


def day(names: Names, person: int, on: datetime) -> list:
    """Return the request for a practitioner's free times of a day."""
    asked = {"selected_date": f"{on:%Y-%m-%d}", "staff_member": names.staff[person]}
    asked["service_id"] = names.service
    headers = {"X-Requested-With": "XMLHttpRequest"}
    return ["GET", f"/ajax/available_slots/?{urlencode(asked)}", headers, None]

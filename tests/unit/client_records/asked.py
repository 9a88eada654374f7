"""A screening as a test asks it: clear, but for what the test is about."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.client_records.domain import answers as reading
from services.client_records.domain.findings import Situation
from services.client_records.domain.questions import clear_answers
from services.client_records.domain.screenings import decide

START = datetime(2030, 1, 7, 10, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
ADULT = date(1990, 3, 1)


def situation(**changes):
    known = {"starts_at": START, "birth_date": ADULT, "zone": LONDON, "jurisdiction": "GB"}
    return Situation(**known | changes)


def decided(lifted=None, at=None, **given_answers):
    changes = at or {}
    answers = reading.read(clear_answers() | given_answers, LONDON)
    return decide(answers, situation(**changes), lifted)


def last(**before):
    return {"used": True, "last": (START - timedelta(**before)).isoformat()}


def only(decision):
    (finding,) = decision.findings
    return finding
